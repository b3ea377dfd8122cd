//! The page's side of a lane.

mod heard;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use js_sys::{Object, Reflect};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

use super::message::{post, post_frame, text};
use super::options::WorkerOptions;
use super::program;
use super::worker::Worker;
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::{Events, Lane, Loss, Stop, Traits};
use crate::platform::{Alarm, alarm, now};
use crate::task::Tasks;
use crate::wire::{Call, Reply, encode_calls};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(callback: &JsValue);
}

/// What the lanes of an executor have in common.
pub(super) struct Setup {
    fingerprint: u64,
    options: WorkerOptions,
    /// The first message to each worker.
    hello: Object,
}

impl Setup {
    pub(super) fn new(tasks: &'static Tasks, options: WorkerOptions) -> Self {
        let hello = Object::new();
        let glue = options.glue.as_deref().map_or(JsValue::UNDEFINED, JsValue::from);
        for (key, value) in [("module", program::module()), ("name", tasks.program().into()), ("glue", glue)] {
            // Fails only for objects that are frozen or proxies.
            let _ = Reflect::set(&hello, &key.into(), &value);
        }
        Self { fingerprint: tasks.fingerprint(), options, hello }
    }
}

/// A lane whose far side is a Web Worker.
pub(super) struct WorkerLane(SendWrapper<Rc<Inner>>);

struct Inner {
    setup: Rc<Setup>,
    events: Events,
    state: RefCell<State>,
    /// Posts what waits; queued as a microtask, so that calls sent in one turn leave together.
    flush: Closure<dyn Fn()>,
    itself: Weak<Inner>,
}

#[derive(Default)]
struct State {
    worker: Option<Worker>,
    /// The worker has said that it is up. Nothing is posted before that, so that no call is in doubt when it fails to start.
    ready: bool,
    /// Rings when the worker takes too long to come up, and later when it has been idle for long.
    alarm: Option<Alarm>,
    /// Taken and not posted.
    waiting: Vec<Arc<Call>>,
    /// Posted and not replied to, oldest first.
    posted: VecDeque<u64>,
    /// The microtask is on its way; so many calls waited when it was queued.
    flushing: Option<usize>,
    /// This worker has been given work.
    used: bool,
    /// This worker has ended a call.
    proven: bool,
    idle_since: Option<Instant>,
    closed: bool,
}

impl WorkerLane {
    pub(super) fn new(setup: Rc<Setup>, events: Events) -> Self {
        Self(SendWrapper::new(Rc::new_cyclic(|itself: &Weak<Inner>| {
            let inner = itself.clone();
            let flush = Closure::new(move || {
                if let Some(inner) = inner.upgrade() {
                    inner.flush_when_settled();
                }
            });
            Inner { setup, events, state: RefCell::default(), flush, itself: itself.clone() }
        })))
    }
}

impl Lane for WorkerLane {
    fn traits(&self) -> Traits {
        // A message takes some 50 µs to the worker and as long back: with this much work ahead it does not wait for more, and little
        // has to be sent again when the running call is cancelled.
        Traits { stop: Stop::Terminate, prefetch: 64, ahead: Duration::from_micros(500), shared: false }
    }

    fn send(&self, call: Arc<Call>) {
        let inner = &**self.0;
        {
            let mut state = inner.state.borrow_mut();
            if state.closed {
                return;
            }
            state.waiting.push(call);
            state.idle_since = None;
            if state.worker.is_some() && (!state.ready || state.flushing.is_some()) {
                return;
            }
            state.flushing = state.ready.then_some(state.waiting.len());
        }
        if inner.state.borrow().ready {
            queue_microtask(inner.flush.as_ref());
        } else {
            inner.start();
        }
    }

    fn cancel(&self, id: u64) {
        let mut state = self.0.state.borrow_mut();
        if let Some(at) = state.waiting.iter().position(|call| call.id == id) {
            state.waiting.remove(at);
            drop(state);
            let result = Err(Error::Cancelled);
            self.0.events.reply(vec![Reply { id, busy: Duration::ZERO, result }]);
        } else if let (Some(worker), true) = (&state.worker, state.posted.contains(&id)) {
            // Ids are counted from 1, far from where numbers lose precision. A hint: if it is lost, the call runs.
            #[allow(clippy::cast_precision_loss, reason = "see above")]
            let _ = post(worker.target(), &JsValue::from_f64(id as f64));
        }
    }

    fn reset(&self) {
        let stopped = {
            let mut state = self.0.state.borrow_mut();
            state.waiting.clear();
            // What was not posted yet is simply not posted.
            if state.posted.is_empty() { None } else { Some(state.stop()) }
        };
        let was_used = stopped.is_some();
        drop(stopped);
        if was_used {
            // The next call will come soon, and a start takes a while.
            self.0.start();
        }
    }

    fn warm(&self) {
        self.0.start();
    }

    fn close(&self) {
        let mut state = self.0.state.borrow_mut();
        state.closed = true;
        state.waiting.clear();
        let stopped = state.stop();
        drop(state);
        drop(stopped);
    }
}

impl State {
    /// Takes the worker out; dropping what this returns, without the state being borrowed, terminates it.
    fn stop(&mut self) -> (Option<Worker>, Option<Alarm>) {
        self.ready = false;
        self.used = false;
        self.proven = false;
        self.posted.clear();
        self.idle_since = None;
        (self.worker.take(), self.alarm.take())
    }
}

impl Inner {
    /// A callback that does nothing once the lane is gone.
    fn later<T: 'static>(&self, act: impl Fn(&Self, T) + Clone + 'static) -> impl Fn(T) + Clone + 'static {
        let inner = self.itself.clone();
        move |value| {
            if let Some(inner) = inner.upgrade() {
                act(&inner, value);
            }
        }
    }

    fn ring(&self, after: Duration, act: impl Fn(&Self, ()) + Clone + 'static) -> Alarm {
        let act = SendWrapper::new(self.later(act));
        alarm(now() + after, Arc::new(move || act(())))
    }

    fn start(&self) {
        let closed = self.state.borrow().closed;
        if closed || self.state.borrow().worker.is_some() {
            return;
        }
        let Setup { options, hello, .. } = &*self.setup;
        let name = format!("{} lane {}", options.name, self.events.lane());
        let started = Worker::start(
            options.script.as_deref(),
            &name,
            self.later(|inner, event| inner.heard(&event)),
            self.later(|inner, cause| inner.broken(cause)),
        );
        let started = started.and_then(|worker| {
            post(worker.target(), hello).map_err(|error| text(&error))?;
            Ok(worker)
        });
        match started {
            Ok(worker) => {
                let timeout = options.start_timeout;
                let late = self.ring(timeout, move |inner, ()| {
                    let cause =
                        format!("the worker did not come up within {timeout:?}; see WorkerOptions::start_timeout");
                    inner.down(Error::Lost { cause }, Loss::NeverStarted);
                });
                let mut state = self.state.borrow_mut();
                state.worker = Some(worker);
                state.alarm = Some(late);
            }
            Err(cause) => self.down(Error::Lost { cause }, Loss::NeverStarted),
        }
    }

    /// Posts, unless calls have come since the last look: then others may be about to come in this turn, from futures that wait
    /// in the same queue of microtasks.
    fn flush_when_settled(&self) {
        {
            let mut state = self.state.borrow_mut();
            if state.flushing.is_some_and(|seen| seen < state.waiting.len()) {
                state.flushing = Some(state.waiting.len());
                drop(state);
                return queue_microtask(self.flush.as_ref());
            }
            state.flushing = None;
        }
        self.flush();
    }

    /// Posts all calls that wait, in one message.
    fn flush(&self) {
        let mut state = self.state.borrow_mut();
        if state.waiting.is_empty() || !state.ready {
            return;
        }
        let calls = std::mem::take(&mut state.waiting);
        let (mut frame, mut blobs) = (Vec::new(), Vec::new());
        // The clock is only asked if there are deadlines to be told.
        let time = if calls.iter().any(|call| call.deadline.is_some()) { now() } else { Instant::from_micros(0) };
        encode_calls(self.setup.fingerprint, &calls, time, &mut frame, Some(&mut blobs));
        let posted = state.worker.as_ref().map_or(Ok(()), |worker| post_frame(worker.target(), &frame, &blobs));
        match posted {
            Ok(()) => {
                state.posted.extend(calls.iter().map(|call| call.id));
                state.used = true;
            }
            Err(error) => {
                drop(state);
                let ids: Vec<u64> = calls.iter().map(|call| call.id).collect();
                let cause = format!("the browser did not take the message: {}", text(&error));
                self.events.lost(&ids, Error::Lost { cause }, Loss::Idle);
            }
        }
    }
}
