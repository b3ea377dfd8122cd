//! The page's side of a lane.

mod heard;
mod outbox;

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use js_sys::{Object, Reflect};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

use super::link::can_share;
use super::message::text;
use super::options::WorkerOptions;
use super::program;
use super::worker::Worker;
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::{Events, Lane, Loss, Stop, Traits};
use crate::platform::{Alarm, alarm, now};
use crate::task::Tasks;
use crate::wire::{Call, Reply};
use outbox::Outbox;

/// An alarm that rings so late tells that the page stood still.
const UNHEARD: Duration = Duration::from_millis(100);

/// What the lanes of an executor have in common.
pub(super) struct Setup {
    fingerprint: u64,
    options: WorkerOptions,
    /// Workers are asked for memory that is shared.
    shared: bool,
    /// The first message to each worker.
    hello: Object,
}

impl Setup {
    pub(super) fn new(tasks: &'static Tasks, options: WorkerOptions) -> Self {
        let hello = Object::new();
        let glue = options.glue.as_deref().map_or(JsValue::UNDEFINED, JsValue::from);
        let shared = options.shared_memory && can_share();
        for (key, value) in [
            ("module", program::module()),
            ("build", program::glue()),
            ("name", tasks.program().into()),
            ("glue", glue),
            ("shared", shared.into()),
        ] {
            // Fails only for objects that are frozen or proxies.
            let _ = Reflect::set(&hello, &key.into(), &value);
        }
        Self { fingerprint: tasks.fingerprint(), options, shared, hello }
    }
}

/// A lane whose far side is a Web Worker.
pub(super) struct WorkerLane(SendWrapper<Rc<Inner>>);

struct Inner {
    setup: Rc<Setup>,
    events: Events,
    state: RefCell<State>,
    /// Posts what waits; queued as a microtask, so that calls sent in one turn leave together. There until the end.
    flush: Option<Closure<dyn Fn()>>,
    itself: Weak<Inner>,
}

#[derive(Default)]
struct State {
    worker: Option<Worker>,
    /// The worker has said that it is up. Nothing is posted before that, so that no call is in doubt when it fails to start.
    ready: bool,
    /// Rings when the worker takes too long to come up, and later when it has been idle for long.
    alarm: Option<Alarm>,
    outbox: Outbox,
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
            Inner { setup, events, state: RefCell::default(), flush: Some(flush), itself: itself.clone() }
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
        let starts = {
            let mut state = self.0.state.borrow_mut();
            if state.closed {
                return;
            }
            state.outbox.push(call);
            state.idle_since = None;
            state.worker.is_none()
        };
        if starts {
            self.0.start();
        } else {
            self.0.pump();
        }
    }

    fn cancel(&self, id: u64) {
        let mut state = self.0.state.borrow_mut();
        if state.outbox.withdraw(id) {
            drop(state);
            let result = Err(Error::Cancelled);
            self.0.events.reply(vec![Reply { id, busy: Duration::ZERO, result }]);
            self.0.rest(now());
        } else if let (Some(worker), true) = (&state.worker, state.outbox.is_posted(id)) {
            // Ids are counted from 1, far from where numbers lose precision. A hint: if it is lost, the call runs.
            #[allow(clippy::cast_precision_loss, reason = "see above")]
            let _ = worker.link().post(&JsValue::from_f64(id as f64));
        }
    }

    fn reset(&self) {
        let stopped = {
            let mut state = self.0.state.borrow_mut();
            state.outbox.discard();
            // What was not posted yet is simply not posted.
            if state.outbox.nothing_posted() { None } else { Some(state.stop()) }
        };
        let was_used = stopped.is_some();
        drop(stopped);
        if was_used {
            // The next call will come soon, and a start takes a while.
            self.0.start();
        } else {
            self.0.rest(now());
        }
    }

    fn warm(&self) {
        self.0.start();
    }

    fn close(&self) {
        let mut state = self.0.state.borrow_mut();
        state.closed = true;
        state.outbox.discard();
        let stopped = state.stop();
        drop(state);
        drop(stopped);
    }
}

impl Drop for Inner {
    /// A microtask that is queued cannot be taken back. It keeps what it calls, which does nothing any more.
    fn drop(&mut self) {
        if self.state.get_mut().outbox.is_flushing() {
            drop(self.flush.take().map(Closure::into_js_value));
        }
    }
}

impl State {
    /// Takes the worker out; dropping what this returns, without the state being borrowed, terminates it.
    fn stop(&mut self) -> (Option<Worker>, Option<Alarm>) {
        self.ready = false;
        self.used = false;
        self.proven = false;
        self.outbox.lose_posted();
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
            worker.link().post(hello).map_err(|error| text(&error))?;
            Ok(worker)
        });
        match started {
            Ok(worker) => {
                let late = self.expect(options.start_timeout);
                let mut state = self.state.borrow_mut();
                state.worker = Some(worker);
                state.alarm = Some(late);
            }
            Err(cause) => self.down(Error::lost(LostReason::NotStarted, cause), Loss::NeverStarted),
        }
    }

    /// Gives the worker this long to come up.
    fn expect(&self, time: Duration) -> Alarm {
        let end = now() + time;
        self.ring(time, move |inner, ()| inner.give_up(now() - end))
    }

    /// The worker has not come up in time, or nothing could be heard of it: a page that computes, or that the browser had frozen, hears its
    /// alarm before its messages. The time that it stood still is given to the worker again.
    fn give_up(&self, stood_still: Duration) {
        let timeout = self.setup.options.start_timeout;
        if stood_still > UNHEARD {
            let again = self.expect(stood_still.min(timeout));
            let rung = self.state.borrow_mut().alarm.replace(again);
            return drop(rung);
        }
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let cause = format!("the worker did not come up within {milliseconds}ms; see WorkerOptions::start_timeout");
        self.down(Error::lost(LostReason::NotStarted, cause), Loss::NeverStarted);
    }
}
