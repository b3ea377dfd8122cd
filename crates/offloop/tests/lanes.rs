//! Lanes of one's own: what the executor makes of what they report, and of what they should not do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use offloop::lane::{self, Events, Factory, Lane, Loss, Stop, Traits};
use offloop::wire::Call;
use offloop::{Error, Executor, LostReason, Options};

fn again(n: u32) -> u32 {
    n
}

fn once(n: u32) -> u32 {
    n
}

offloop::tasks! { #[idempotent] again, once }

/// What a lane was told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Send(u64),
    Cancel(u64),
    Reset,
    Warm,
    Close,
    Gone,
}

/// What lanes do with a call, besides noting it; each with its number among all calls.
type Behaviour = fn(&Events, Arc<Call>, usize);

#[derive(Default)]
struct Notes {
    /// Each with the lane.
    told: Mutex<Vec<(usize, Told)>>,
    calls: AtomicUsize,
}

impl Notes {
    fn all(&self) -> Vec<(usize, Told)> {
        self.told.lock().unwrap().clone()
    }

    fn count(&self, such: impl Fn(Told) -> bool) -> usize {
        self.all().iter().filter(|(_, told)| such(*told)).count()
    }

    fn sent(&self) -> usize {
        self.count(|told| matches!(told, Told::Send(_)))
    }
}

struct Own {
    events: Events,
    traits: Traits,
    behaviour: Behaviour,
    notes: Arc<Notes>,
}

impl Own {
    fn note(&self, told: Told) {
        self.notes.told.lock().unwrap().push((self.events.lane(), told));
    }
}

impl Lane for Own {
    fn traits(&self) -> Traits {
        self.traits
    }

    fn send(&self, call: Arc<Call>) {
        self.note(Told::Send(call.id));
        (self.behaviour)(&self.events, call, self.notes.calls.fetch_add(1, SeqCst));
    }

    fn cancel(&self, id: u64) {
        self.note(Told::Cancel(id));
        assert_ne!(self.traits.ahead, CLUMSY, "the lane panics, as it should");
    }

    fn reset(&self) {
        self.note(Told::Reset);
        assert_ne!(self.traits.ahead, CLUMSY, "the lane panics, as it should");
    }

    fn warm(&self) {
        self.note(Told::Warm);
    }

    fn load(&self) -> usize {
        assert_ne!(self.traits.ahead, CLUMSY, "the lane panics, as it should");
        if self.events.lane() == 0 { usize::MAX } else { 0 }
    }

    fn close(&self) {
        self.note(Told::Close);
        assert_ne!(self.traits.ahead, CLUMSY, "the lane panics, as it should");
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.note(Told::Gone);
    }
}

const TRAITS: Traits = Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false };
/// Lanes with this panic at whatever they are told.
const CLUMSY: Duration = Duration::from_millis(7);

fn pool(lanes: usize, traits: Traits, behaviour: Behaviour) -> (Executor, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    let noted = notes.clone();
    let factory: Factory = Box::new(move |events| Box::new(Own { events, traits, behaviour, notes: noted.clone() }));
    (Executor::with_lanes(&TASKS, Options::default().lanes(lanes).retries(3), factory), notes)
}

fn cause() -> Error {
    Error::Lost { reason: LostReason::Other, cause: "in a test".to_owned() }
}

fn run(events: &Events, call: &Call) {
    lane::run(&TASKS, call, events);
}

/// Fails instead of waiting for ever. Not by a timer of the library, which is what may be broken.
fn soon<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(block_on(future)));
    ended.recv_timeout(Duration::from_secs(10)).expect("somebody waits for ever, or has got a panic of others")
}

/// Whether a call may have run its lane knows, and whether that matters its task.
#[test]
fn what_may_have_run_is_sent_again_only_if_its_task_may_be() {
    let lose_first: Behaviour = |events, call, nth| match nth {
        0 => events.lost(&[call.id], cause(), Loss::MaybeRan),
        _ => run(events, &call),
    };
    let (lossy, notes) = pool(1, TRAITS, lose_first);
    assert_eq!((soon(lossy.run(again, 1)), notes.sent()), (Ok(1), 2));
    let (lossy, notes) = pool(1, TRAITS, lose_first);
    assert_eq!((soon(lossy.run(once, 1)), notes.sent()), (Err(cause()), 1));
}

#[test]
fn what_a_lane_that_goes_down_has_not_begun_is_run_elsewhere() {
    let traits = Traits { prefetch: 2, ahead: Duration::from_secs(60), ..TRAITS };
    // Both are sent to the same lane once it is known that the task is short. It goes down with the second.
    let (falling, notes) = pool(1, traits, |events, call, nth| match nth {
        1 => {}
        2 => events.down(cause(), Loss::MaybeRan),
        _ => run(events, &call),
    });
    assert_eq!(soon(falling.run(once, 0)), Ok(0));
    let [first, second] = [1, 2].map(|n| falling.try_submit(once, n).unwrap());
    assert_eq!((soon(first), soon(second), notes.sent()), (Err(cause()), Ok(2), 4));
}

/// The lane goes down in one thread, and gets a call in another, which it runs although the executor believes it lost.
#[test]
fn what_comes_while_its_lane_goes_down_runs_twice_only_if_its_task_may() {
    let falls_first: Behaviour = |events, call, nth| {
        if nth == 0 {
            let events = events.clone();
            thread::spawn(move || events.down(cause(), Loss::Idle)).join().unwrap();
        }
        run(events, &call);
    };
    for (stop, resets) in [(Stop::Wait, 0), (Stop::Release, 0), (Stop::Terminate, 1)] {
        let (falling, notes) = pool(1, Traits { stop, ..TRAITS }, falls_first);
        assert_eq!((soon(falling.run(once, 1)), notes.sent()), (Err(cause()), 1), "{stop:?}");
        assert_eq!(notes.count(|told| told == Told::Reset), resets, "{stop:?}");
        assert_eq!(soon(falling.run(once, 2)), Ok(2), "{stop:?}");
        let (falling, notes) = pool(1, Traits { stop, ..TRAITS }, falls_first);
        assert_eq!((soon(falling.run(again, 1)), notes.sent()), (Ok(1), 2), "{stop:?}");
    }
}

#[test]
fn lanes_are_warmed_and_closed_with_their_executor() {
    let (pool, notes) = pool(3, TRAITS, |events, call, _| run(events, &call));
    pool.warm();
    assert_eq!(notes.all(), [0, 1, 2].map(|lane| (lane, Told::Warm)));
    assert_eq!(soon(pool.run(once, 1)), Ok(1));
    assert_eq!(notes.count(|told| told == Told::Close), 0);
    drop(pool);
    assert_eq!(notes.count(|told| told == Told::Close), 3);
}

#[test]
fn a_new_lane_takes_what_waits_at_once() {
    // The first never answers.
    let (pool, notes) = pool(1, TRAITS, |events, call, nth| {
        if nth > 0 {
            run(events, &call)
        }
    });
    let _first = pool.try_submit(once, 1).unwrap();
    let second = pool.try_submit(once, 2).unwrap();
    assert_eq!(notes.sent(), 1);
    pool.resize(2);
    assert_eq!(notes.sent(), 2);
    assert_eq!(soon(second), Ok(2));
}

#[test]
fn a_lane_out_of_service_is_let_go() {
    for shared in [false, true] {
        let (pool, notes) = pool(2, Traits { shared, ..TRAITS }, |events, call, _| run(events, &call));
        pool.resize(1);
        assert_eq!(notes.all(), [(1, Told::Close), (1, Told::Gone)], "shared: {shared}");
    }
}

#[test]
fn a_lane_that_panics_loses_only_the_call_that_it_was_given() {
    let clumsy: Behaviour = |events, call, nth| {
        assert!(nth > 0, "the lane panics, as it should");
        run(events, &call);
    };
    let (pool, _) = pool(1, TRAITS, clumsy);
    let jobs = [1, 2, 3].map(|n| pool.try_submit(once, n).unwrap());
    let [first, others @ ..] = jobs.map(soon);
    let Err(Error::Lost { reason: LostReason::Panicked, cause }) = first else { panic!("{first:?}") };
    assert!(cause.contains("the lane panics, as it should"), "{cause}");
    assert_eq!(others, [Ok(2), Ok(3)]);
    soon(pool.close());
}

/// By a deadline, whose thread is that of all timers.
#[test]
fn a_lane_that_panics_at_whatever_it_is_told_stops_nobody() {
    for stop in [Stop::Wait, Stop::Release, Stop::Terminate] {
        let traits = Traits { stop, shared: true, ahead: CLUMSY, ..TRAITS };
        let (pool, notes) = pool(2, traits, |_, _, _| {});
        let late = pool.within(Duration::from_millis(20)).try_submit(once, 1).unwrap();
        assert_eq!(soon(late), Err(Error::TimedOut));
        soon(offloop::sleep(Duration::from_millis(10)));
        assert_eq!(notes.count(|told| matches!(told, Told::Cancel(_) | Told::Reset)), 1, "{stop:?}");
        pool.resize(1);
        pool.abort();
        soon(pool.close());
        drop(pool);
        assert_eq!(notes.count(|told| told == Told::Close), 2, "{stop:?}");
    }
}

#[test]
fn the_lane_with_less_to_do_for_others_is_chosen() {
    let (pool, notes) = pool(2, Traits { shared: true, ..TRAITS }, |events, call, _| run(events, &call));
    for n in 0..20 {
        assert_eq!(soon(pool.run(once, n)), Ok(n));
    }
    assert!(notes.all().iter().all(|(lane, _)| *lane == 1), "{:?}", notes.all());
}

/// Neither of two can say how much others have in flight there, and one that can says more than can be counted.
#[test]
fn a_load_that_cannot_be_counted_keeps_no_job_waiting() {
    for (lanes, ahead) in [(2, CLUMSY), (1, Duration::from_secs(60))] {
        let traits = Traits { shared: true, prefetch: 2, ahead, ..TRAITS };
        let (pool, notes) = pool(lanes, traits, |events, call, nth| {
            if nth != 1 {
                run(events, &call)
            }
        });
        assert_eq!(soon(pool.run(once, 0)), Ok(0));
        // The first of these is not answered, so that there is something to add.
        let _first = pool.try_submit(once, 1).unwrap();
        assert_eq!((soon(pool.run(once, 2)), notes.sent()), (Ok(2), 3));
    }
}
