//! `offloop-counts PATH CALLS`: makes so many trivial calls by one path, in one thread and without waiting, so that each run takes the
//! same instructions. `counts.test.mjs` beside this counts them. Each result is checked.
#![allow(clippy::unwrap_used)]

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use offloop::lane::{Events, Factory, Lane, Stop, Traits};
use offloop::wire::{Call, Event, Payload, Reply, decode_calls, decode_events, encode_calls, encode_events};
use offloop::{Blob, Executor, Instant, Options};

fn same(n: u32) -> u32 {
    n
}

offloop::tasks! { #[idempotent] same }

/// Calls in flight at once.
const FLIGHT: u32 = 64;
/// Calls in a frame.
const FRAME: u32 = 32;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (path, calls) = (arguments.next().unwrap(), arguments.next().unwrap().parse::<u32>().unwrap());
    assert_eq!(calls % FLIGHT, 0, "calls come {FLIGHT} at a time");
    match path.as_str() {
        "inline" => inline(calls),
        "lane" => lane(calls),
        "wire" => wire(calls),
        _ => panic!("there is no path {path}"),
    }
}

/// Submitted, run and answered within one poll: the executor and a task's decoding and encoding.
fn inline(calls: u32) {
    let pool = Executor::inline(&TASKS, Options::default());
    let mut context = Context::from_waker(Waker::noop());
    for n in 0..calls {
        let mut run = std::pin::pin!(pool.run(same, n));
        assert_eq!(run.as_mut().poll(&mut context), Poll::Ready(Ok(n)));
    }
}

/// Keeps calls until it is told to answer them, as if another thread had run them.
#[derive(Default)]
struct Desk {
    calls: Mutex<Vec<Arc<Call>>>,
    events: Mutex<Option<Events>>,
}

impl Desk {
    /// Answers all calls that are here with what they brought; false if there are none.
    fn answer(&self) -> bool {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        let busy = Duration::from_micros(1);
        let replies: Vec<_> =
            calls.iter().map(|call| Reply { id: call.id, busy, result: Ok(call.input.clone()) }).collect();
        // In a statement of its own, since the executor sends the next calls meanwhile.
        let events = self.events.lock().unwrap().clone().unwrap();
        drop(calls);
        let any = !replies.is_empty();
        events.reply(replies);
        any
    }
}

struct ToDesk(Arc<Desk>);

impl Lane for ToDesk {
    fn traits(&self) -> Traits {
        // However slow the machine, calls are sent ahead.
        Traits { stop: Stop::Wait, prefetch: 8, ahead: Duration::from_secs(3600), shared: false }
    }
    fn send(&self, call: Arc<Call>) {
        self.0.calls.lock().unwrap().push(call);
    }
    fn cancel(&self, _: u64) {}
    fn close(&self) {}
}

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Many calls wait in the queue and at the lane, each with its waker, and are answered a few at a time.
fn lane(calls: u32) {
    let desk = Arc::new(Desk::default());
    let kept = desk.clone();
    let factory: Factory = Box::new(move |events| {
        *kept.events.lock().unwrap() = Some(events);
        Box::new(ToDesk(kept.clone()))
    });
    let pool = Executor::with_lanes(&TASKS, Options::default().lanes(1), factory);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    for round in 0..calls / FLIGHT {
        let numbers = round * FLIGHT..(round + 1) * FLIGHT;
        let mut handles: Vec<_> = numbers.clone().map(|n| now(pool.submit(same, n), &mut context).unwrap()).collect();
        for handle in &mut handles {
            assert_eq!(Pin::new(handle).poll(&mut context), Poll::Pending);
        }
        while desk.answer() {}
        for (handle, n) in handles.iter_mut().zip(numbers) {
            assert_eq!(Pin::new(handle).poll(&mut context), Poll::Ready(Ok(n)));
        }
    }
    assert_eq!(woken.0.load(Ordering::Relaxed), calls, "each handle wakes its caller once");
}

fn now<F: Future + Unpin>(mut future: F, context: &mut Context<'_>) -> F::Output {
    match Pin::new(&mut future).poll(context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is room for it"),
    }
}

/// Calls and replies, many in a frame, there and back.
fn wire(calls: u32) {
    const FINGERPRINT: u64 = 1;
    let time = Instant::from_micros(0);
    let payload = || Payload { bytes: vec![200, 1].into(), blobs: Vec::new() };
    let ids = 1_000..1_000 + u64::from(FRAME);
    let sent: Vec<_> = ids.clone().map(|id| Call { id, task: 0, deadline: None, input: payload() }).collect();
    let busy = Duration::from_micros(1);
    let told: Vec<_> = ids.map(|id| Event::Reply(Reply { id, busy, result: Ok(payload()) })).collect();
    for _ in 0..calls / FRAME {
        let mut frame = Vec::new();
        encode_calls(FINGERPRINT, &sent, time, &mut frame, None);
        assert_eq!(decode_calls(FINGERPRINT, &Blob::from(frame), time, Vec::new()).as_ref(), Ok(&sent));
        let mut frame = Vec::new();
        encode_events(FINGERPRINT, &told, &mut frame, None);
        assert_eq!(decode_events(FINGERPRINT, &Blob::from(frame), Vec::new()).as_ref(), Ok(&told));
    }
}
