//! The worker's side of a lane.

mod panic;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, Event as DomEvent, MessageChannel};

use super::link::Link;
use super::message::{Unread, read, text};
use super::worker::Listener;
use crate::error::Error;
use crate::instant::Instant;
use crate::platform::now;
use crate::serve::serve;
use crate::task::{Report, Tasks};
use crate::wire::{Call, Event, Progress, Reply, calls_in, encode_events};

/// Finished replies wait at most this long for more to go with them.
const BATCH: Duration = Duration::from_millis(1);
/// A task that took longer than this is not begun while replies wait. So a reply leaves before the next call begins, unless that call's
/// task has been short: then it waits for that one call, and if it is long against all experience, for its end. Once, as `learn` does it.
const SHORT: Duration = Duration::from_micros(100);
/// After this long the worker looks for new messages, of which one may cancel a call that waits.
const TURN: Duration = Duration::from_millis(4);
/// A task's progress is told at most this often: once a frame.
const PROGRESS: Duration = Duration::from_millis(16);

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    fn finish(scope: &DedicatedWorkerGlobalScope, last: &Object);
}

thread_local! {
    static SERVER: OnceCell<Rc<Server>> = const { OnceCell::new() };
}

struct Server {
    tasks: &'static Tasks,
    scope: DedicatedWorkerGlobalScope,
    link: Link,
    /// A way to come back after other messages have had their turn.
    turn: MessageChannel,
    listeners: RefCell<Vec<Listener>>,
    queue: RefCell<VecDeque<Call>>,
    /// Replies that have not been posted.
    replies: RefCell<Vec<Event>>,
    /// When the oldest of them was ready.
    since: Cell<Instant>,
    running: Cell<Option<(u64, Instant)>>,
    /// How long each task took of late; none if it has not run.
    took: RefCell<Vec<Option<Duration>>>,
    /// Queued calls are gone on with when the channel's message arrives.
    resumes: Cell<bool>,
    /// The last word has been said.
    ended: Cell<bool>,
}

/// Serves `tasks` to whoever started this worker, from now on. Called by the worker script through
/// [`tasks!`](crate::tasks); does nothing outside a worker.
pub fn serve_lane(tasks: &'static Tasks, shared: bool) {
    let (Ok(scope), Ok(turn)) = (js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>(), MessageChannel::new())
    else {
        return;
    };
    let server = Rc::new(Server {
        tasks,
        link: Link::new(scope.clone().into()),
        scope,
        turn,
        listeners: RefCell::default(),
        queue: RefCell::default(),
        replies: RefCell::default(),
        since: Cell::new(now()),
        running: Cell::new(None),
        took: RefCell::default(),
        resumes: Cell::new(false),
        ended: Cell::new(false),
    });
    if SERVER.with(|place| place.set(Rc::clone(&server)).is_err()) {
        return;
    }
    panic::watch();
    server.listen();
    server.link.ready(shared);
}

impl Server {
    fn listen(self: &Rc<Self>) {
        let on = |act: fn(&Self, &DomEvent)| {
            let server = Rc::downgrade(self);
            move |event: DomEvent| {
                if let Some(server) = server.upgrade() {
                    act(&server, &event);
                }
            }
        };
        let resume = self.turn.port2();
        self.listeners.replace(vec![
            Listener::new(&self.scope, "message", on(|server, event| server.heard(event))),
            Listener::new(&self.scope, "error", on(|server, event| server.ends(event))),
            // Whose calls were in it, only the other side knows.
            Listener::new(
                &self.scope,
                "messageerror",
                on(|server, _| server.end("a message that cannot be read", true)),
            ),
            Listener::new(
                &resume,
                "message",
                on(|server, _| {
                    server.resumes.set(false);
                    server.run(now());
                }),
            ),
        ]);
        resume.start();
    }

    fn heard(&self, event: &DomEvent) {
        let Some(time) = self.pull() else { return };
        self.link.heard();
        match read(event, |frame, blobs| calls_in(self.tasks.fingerprint(), frame, time, blobs)) {
            Ok(Ok(calls)) => self.queue.borrow_mut().extend(calls),
            // Nobody knows whose calls these are. They must not be sent again for ever.
            Ok(Err(error)) => return self.refuse(&error),
            Err(Unread::Other(other)) => {
                if let Some(id) = other.as_f64() {
                    self.cancel(id);
                }
            }
            // None of them has begun.
            Err(Unread::TooLarge(cause)) => return self.end(&cause, false),
        }
        if !self.resumes.get() {
            self.run(time);
        }
    }

    /// Queues the calls in the ring, at the moment that is given; none if that was the end.
    fn pull(&self) -> Option<Instant> {
        let time = now();
        let received = self.link.receive(|frame| {
            self.queue.borrow_mut().extend(calls_in(self.tasks.fingerprint(), frame, time, Vec::new())?);
            Ok(())
        });
        received.map_err(|error| self.refuse(&error)).ok()?;
        Some(time)
    }

    /// There are calls that cannot be read.
    fn refuse(&self, error: &Error) {
        if let Error::Skew { .. } = error {
            // They are of another build, as the page sees from any frame of this one.
            self.tell(&[]);
        }
        self.end(&error.to_string(), true);
    }

    /// A call that waits is answered; one that runs or has run is not to be helped.
    fn cancel(&self, id: f64) {
        #[allow(clippy::cast_precision_loss, reason = "ids are counted from 1")]
        let at = self.queue.borrow().iter().position(|call| call.id as f64 == id);
        if let Some(call) = at.and_then(|at| self.queue.borrow_mut().remove(at)) {
            self.finished(Reply { id: call.id, busy: Duration::ZERO, result: Err(Error::Cancelled) }, now());
            self.flush();
        }
    }

    /// Runs what is queued and what comes through the ring meanwhile, or as much as fits in a turn.
    fn run(&self, began: Instant) {
        let mut time = began;
        loop {
            let Some(call) = self.queue.borrow_mut().pop_front() else {
                self.flush();
                match self.link.wait().then(|| self.pull()).flatten() {
                    Some(now) => time = now,
                    None => return,
                }
                continue;
            };
            if !self.is_short(call.task) && self.flush() {
                time = now();
            }
            time = self.run_one(call, time);
            if time - self.since.get() >= BATCH && self.flush() {
                time = now();
            }
            // Also if nothing is left: calls that came meanwhile are not begun before what came after them is known.
            if time - began >= TURN {
                self.flush();
                self.resumes.set(true);
                let _ = self.turn.port1().post_message(&JsValue::NULL);
                return;
            }
        }
    }

    fn run_one(&self, call: Call, start: Instant) -> Instant {
        let (id, task) = (call.id, call.task);
        self.running.set(Some((id, start)));
        let reporter = Reporter { server: self, id, last: Cell::new(None) };
        // The end of one call is the beginning of the next: the clock is read once a call.
        let clock = Cell::new(Some(start));
        let mut reply = serve(self.tasks, call, &reporter, || clock.take().unwrap_or_else(now));
        self.running.set(None);
        if let Err(Error::Failed { .. }) = reply.result {
            // It unwound, and this instance lives on.
            panic::take();
        }
        let end = start + reply.busy;
        self.learn(task, reply.busy);
        // Browsers round the time, some to 100 µs. Nothing would say that there is no clock.
        reply.busy = reply.busy.max(Duration::from_micros(1));
        self.finished(reply, end);
        end
    }

    fn is_short(&self, task: u32) -> bool {
        let took = usize::try_from(task).ok().and_then(|task| *self.took.borrow().get(task)?);
        took.is_some_and(|took| took <= SHORT)
    }

    fn learn(&self, task: u32, took: Duration) {
        let mut all = self.took.borrow_mut();
        let Ok(task) = usize::try_from(task) else { return };
        if all.len() <= task && task < self.tasks.iter().len() {
            all.resize(task + 1, None);
        }
        if let Some(known) = all.get_mut(task) {
            // A task that is long at times is not taken for a short one as soon as it was short once.
            *known = Some(known.map_or(took, |before| took.max(before / 2)));
        }
    }

    fn finished(&self, reply: Reply, when: Instant) {
        let mut replies = self.replies.borrow_mut();
        if replies.is_empty() {
            self.since.set(when);
        }
        replies.push(Event::Reply(reply));
    }

    /// Posts the replies that wait; true if there were any.
    fn flush(&self) -> bool {
        let replies = self.replies.take();
        if replies.is_empty() {
            return false;
        }
        self.tell(&replies);
        true
    }

    fn tell(&self, events: &[Event]) {
        if self.ended.get() {
            return;
        }
        let (mut frame, mut blobs) = (Vec::with_capacity(32 + 16 * events.len()), Vec::new());
        encode_events(self.tasks.fingerprint(), events, &mut frame, Some(&mut blobs));
        if let Err(error) = self.link.send(&frame, &blobs) {
            // Their caller must not wait for them for ever.
            self.end(&format!("the browser did not take a result: {}", text(&error)), true);
        }
    }

    /// An uncaught error: a panic or a trap in a task, or something that a task left behind. Nothing of this instance can be
    /// relied on any more, so it says what it still can, and ends.
    fn ends(&self, event: &DomEvent) {
        event.prevent_default();
        if let (Some((id, start)), Some(message)) = (self.running.get(), panic::take()) {
            self.running.set(None);
            self.finished(Reply { id, busy: now() - start, result: Err(Error::Failed { message }) }, now());
        }
        self.flush();
        let text = event.dyn_ref::<web_sys::ErrorEvent>().map(web_sys::ErrorEvent::message);
        self.end(&text.unwrap_or_default(), self.running.get().is_some());
    }

    fn end(&self, cause: &str, running: bool) {
        let last = Object::new();
        let _ = Reflect::set(&last, &"cause".into(), &cause.into());
        let _ = Reflect::set(&last, &"running".into(), &running.into());
        // The task that runs may still come to its end, and its reply through shared memory would overtake the last word.
        self.ended.set(true);
        finish(&self.scope, &last);
    }
}

/// Tells how far a running task is.
struct Reporter<'a> {
    server: &'a Server,
    id: u64,
    last: Cell<Option<Instant>>,
}

impl Report for Reporter<'_> {
    fn progress(&self, done: u64, total: u64) {
        let time = now();
        if self.last.get().is_none_or(|last| time - last >= PROGRESS) {
            self.last.set(Some(time));
            self.server.flush();
            self.server.tell(&[Event::Progress(Progress { id: self.id, done, total })]);
        }
    }

    // Cancelling a running task terminates its worker.
    fn is_cancelled(&self) -> bool {
        false
    }
}
