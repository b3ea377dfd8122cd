//! The far side of a lane.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, Response};

use super::failure::RESET;
use super::local::News;
use super::trap::{Key, LastWords, Open, Speaker};
use super::{js, local};
use crate::blob::Blob;
use crate::error::Error;
use crate::platform::{now, web};
use crate::task::{Report, Tasks};
use crate::wire::{Call, Event, Reply, decode_calls, encode_events, put_length};

/// The longest request that is read and the longest answer: what a message between isolates may hold.
/// Source: <https://developers.cloudflare.com/durable-objects/platform/limits/>.
const LONGEST: usize = 32 * 1024 * 1024;

/// A turn in which the clock moves on less than this held nobody up, so the next one may be longer.
const SHORT_TURN: Duration = Duration::from_millis(1);

/// Calls in one turn at most, however short they are.
const CALLS_IN_A_TURN: usize = 64;

/// Answers a request from a lane of an executor: runs its calls one after the other and gives the response, or the promise of it.
///
/// For the `fetch` of a Durable Object, or of a worker that is reached through service bindings only. Whoever can send requests here can
/// run any task, so do not call this in the handler of a worker with a public address.
///
/// `context` is what `fetch` gets as its third argument: with it the runtime is asked to let an answer that has begun come to its end, even if it
/// is only to notice that nobody reads it. `undefined` for a Durable Object, whose requests go on by themselves.
///
/// Between calls the event loop gets its turn: other requests are seen then, aborts too, and replies leave. While a task
/// runs nothing is seen: [`Context::is_cancelled`](crate::Context::is_cancelled) stays `false` and [`Context::progress`](crate::Context::progress) says
/// nothing. A call whose deadline has passed is not run.
///
/// It is no `async fn`, so that a panic, after which no Rust of this instance runs any more, can still be answered.
///
/// # Examples
///
/// ```ignore
/// #[wasm_bindgen]
/// pub fn lane(request: web_sys::Request, context: JsValue) -> JsValue {
///     offloop::edge::serve(&TASKS, request, context)
/// }
/// ```
pub fn serve(tasks: &'static Tasks, request: Request, context: JsValue) -> JsValue {
    let (running, waiting, streamed) = Default::default();
    let work = Rc::new(Work { tasks, request, context, running, waiting, streamed });
    let key = Key::next();
    local::answer(key, work.run(key))
}

/// The calls of one request.
struct Work {
    tasks: &'static Tasks,
    request: Request,
    context: JsValue,
    running: Cell<Option<u64>>,
    /// Ids of the calls behind the running one.
    waiting: RefCell<Vec<u64>>,
    /// Whether the answer has begun.
    streamed: Cell<bool>,
}

struct Nobody;

impl Report for Nobody {
    fn progress(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

impl Work {
    async fn run(self: Rc<Self>, key: Key) {
        let speaker: Speaker = Rc::new({
            let work = self.clone();
            move |panic| work.last_words(panic)
        });
        // A single call has nobody to be seen behind it. Several are read once more, below: an answer that is handed out in this turn may not
        // compute in it, since a trap would leave its caller without it.
        if let Some(Ok(calls)) = js::calls_at_once(&self.request).map(|frame| self.calls(frame))
            && let Ok([call]) = <[Call; 1]>::try_from(calls)
        {
            return local::hand_out(key.first(speaker, || self.compute(call)).into());
        }
        let answer = Rc::new(js::Answer::new());
        local::hand_out(JsValue::clone(&answer));
        let open = Open::new(key, answer.clone(), speaker);
        match self.read(&answer).await {
            Ok(calls) => self.work(&answer, &open, calls).await,
            // The header of an empty frame tells the caller which build this is.
            Err(Error::Skew { .. }) => answer.plain(&self.frame(&[])),
            Err(error) => answer.lose(error.to_string().as_bytes(), 400, "text/plain"),
        }
    }

    fn compute(&self, call: Call) -> Response {
        js::answer_at_once(&self.frame(&[Event::Reply(self.reply(call))]))
    }

    fn reply(&self, call: Call) -> Reply {
        self.running.set(Some(call.id));
        // Where the clock goes on in a turn, as in Node, the caller is to learn how long a task takes.
        let reply = crate::serve::serve(self.tasks, call, &Nobody, web::now);
        self.running.set(None);
        reply
    }

    async fn read(&self, answer: &js::Answer) -> Result<Vec<Call>, Error> {
        let body = News::of(&answer.body(&self.request, LONGEST)).await;
        let body = body.map_err(|_| Error::malformed("the body broke off, send the calls again"))?;
        let bytes = body.dyn_ref::<Uint8Array>().ok_or_else(|| Error::malformed("the body is longer than 32 MiB"))?;
        self.calls(bytes.to_vec())
    }

    fn calls(&self, frame: Vec<u8>) -> Result<Vec<Call>, Error> {
        decode_calls(self.tasks.fingerprint(), &Blob::from(frame), now(), Vec::new())
    }

    async fn work(&self, answer: &js::Answer, open: &Open, calls: Vec<Call>) {
        *self.waiting.borrow_mut() = calls.iter().rev().map(|call| call.id).collect();
        let mut replies = Vec::new();
        let (mut turn, mut ran, mut start) = (1, 0, now());
        for call in calls {
            if ran == turn {
                self.push(answer, &mut replies);
                if News::of(&answer.pause(&self.request.signal())).await.is_ok_and(|goes_on| goes_on.is_falsy()) {
                    answer.end();
                    return;
                }
                let end = now();
                turn = if end - start < SHORT_TURN { CALLS_IN_A_TURN.min(2 * turn) } else { 1 };
                (ran, start) = (0, end);
            }
            ran += 1;
            self.waiting.borrow_mut().pop();
            let reply = open.run(|| self.reply(call));
            if is_large(&reply) {
                // Its message is full.
                ran = turn;
            }
            replies.push(Event::Reply(reply));
        }
        if self.streamed.get() {
            self.push(answer, &mut replies);
            answer.end();
        } else {
            answer.plain(&self.frame(&replies));
        }
    }

    /// Writes what there is to the answer, which is a stream from now on.
    fn push(&self, answer: &js::Answer, replies: &mut Vec<Event>) {
        if !self.streamed.replace(true) {
            answer.begin(&self.context);
        }
        answer.push(&self.frame(replies));
        replies.clear();
    }

    /// A frame of its own if it is all there is to say, one of a stream otherwise.
    fn frame(&self, events: &[Event]) -> Vec<u8> {
        let fingerprint = self.tasks.fingerprint();
        let start = if self.streamed.get() { 4 } else { 0 };
        let mut frame = Vec::with_capacity(64);
        frame.resize(start, 0);
        encode_events(fingerprint, events, &mut frame, None);
        if frame.len() - start > LONGEST {
            // Only results can be that large: their calls fail, not the whole answer.
            let fitting: Vec<Event> = events.iter().map(fitting).collect();
            frame.truncate(start);
            encode_events(fingerprint, &fitting, &mut frame, None);
        }
        if start > 0 {
            // Cannot fail: a stream takes twice as much.
            let _ = put_length(&mut frame, 0);
        }
        frame
    }

    /// What the instance says when it traps: the running call has failed, those behind it have not begun.
    fn last_words(&self, panic: Option<&str>) -> LastWords {
        let failed = |message: &str| Err(Error::Failed { message: message.to_owned() });
        let running = self.running.get().zip(panic).map(|(id, message)| (id, failed(message)));
        let waiting = self.waiting.borrow().iter().rev().map(|id| (*id, Err(Error::Closed))).collect::<Vec<_>>();
        let events: Vec<Event> = running
            .into_iter()
            .chain(waiting)
            .map(|(id, result)| Event::Reply(Reply { id, busy: Duration::ZERO, result }))
            .collect();
        if events.is_empty() && !self.streamed.get() {
            let bytes = b"the instance was reset by another request before this one was read".to_vec();
            return LastWords { bytes, status: RESET, content_type: "text/plain", origin: None };
        }
        let origin = panic.map(|_| js::origin(&self.request).into());
        LastWords { bytes: self.frame(&events), status: 200, content_type: "application/x-offloop", origin }
    }
}

/// Whether a result takes more than an equal share of what a message may hold.
fn is_large(reply: &Reply) -> bool {
    reply.result.as_ref().is_ok_and(|output| output.len() > LONGEST / CALLS_IN_A_TURN)
}

/// The event, or that its result is too large.
fn fitting(event: &Event) -> Event {
    match event {
        Event::Reply(reply @ Reply { result: Ok(output), .. }) if is_large(reply) => {
            let what = format!("a result of {} bytes, an answer may have {LONGEST}", output.len());
            Event::Reply(Reply { result: Err(Error::Malformed { what }), ..*reply })
        }
        other => other.clone(),
    }
}
