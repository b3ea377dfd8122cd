//! What comes from the worker, and what becomes of it.

use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use super::Inner;
use crate::budget::renew;
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::Loss;
use crate::platform::browser::link::Link;
use crate::platform::browser::message::{Unread, read};
use crate::platform::now;
use crate::wire::{Event, events_in};

impl Inner {
    pub(super) fn heard(&self, event: &web_sys::Event) {
        // A message has a turn of the event loop to itself.
        renew();
        let Some(link) = self.link() else { return };
        self.pull();
        if !self.link().is_some_and(|now| Rc::ptr_eq(&link, &now)) {
            // What came before the message had this worker ended.
            return;
        }
        link.heard();
        self.take(&link, event);
        // What came after it may be there already.
        self.pull();
    }

    fn take(&self, link: &Link, event: &web_sys::Event) {
        let message = match read(event, |frame, blobs| events_in(self.setup.fingerprint, frame, blobs)) {
            Ok(Ok(events)) => return self.report(events),
            // It has read none of the calls, and the next one would not either.
            Ok(Err(error @ Error::Skew { .. })) => return self.down(error, Loss::NeverStarted),
            Ok(Err(error)) => return self.down(error, Loss::MaybeRan),
            Err(Unread::Other(message)) => message,
            Err(Unread::TooLarge(cause)) => {
                return self.down(Error::lost(LostReason::OutOfMemory, cause), Loss::MaybeRan);
            }
        };
        if self.is_ready(link, &message) {
            {
                let mut state = self.state.borrow_mut();
                state.ready = true;
                state.alarm = None;
            }
            self.flush();
            self.rest(now());
        } else {
            let field = |name: &str| Reflect::get(&message, &name.into()).ok();
            match field("cause").and_then(|cause| cause.as_string()) {
                Some(cause) => {
                    let is = |name: &str| field(name).and_then(|is| is.as_bool());
                    let closed = is("closed").map(|_| LostReason::Closed);
                    let Some(running) = is("running") else { return self.ended(closed, cause) };
                    let loss = if running { Loss::MaybeRan } else { self.loss_between_calls() };
                    let reason = closed.unwrap_or(match loss {
                        Loss::NeverStarted => LostReason::NotStarted,
                        _ => LostReason::Crashed,
                    });
                    self.down(Error::lost(reason, cause), loss);
                }
                None => self.down(Error::malformed("a foreign message from the worker"), Loss::MaybeRan),
            }
        }
    }

    fn link(&self) -> Option<Rc<Link>> {
        self.state.borrow().worker.as_ref().map(|worker| Rc::clone(worker.link()))
    }

    /// Whether this message says that the worker is up. If so, the ring that came with it is used from now on.
    fn is_ready(&self, link: &Link, message: &JsValue) -> bool {
        message.as_bool() == Some(true)
            || self.setup.shared && {
                let pull = self.later(|inner, ()| inner.pull());
                link.open(message, move || pull(()))
            }
    }

    /// Takes what came through the ring.
    fn pull(&self) {
        let Some(link) = self.link() else { return };
        let mut events = Vec::new();
        let received = link.receive(|frame| {
            events.append(&mut events_in(self.setup.fingerprint, frame, Vec::new())?);
            Ok(())
        });
        self.report(events);
        if let Err(error) = received {
            self.down(error, Loss::MaybeRan);
        }
    }

    fn report(&self, events: Vec<Event>) {
        let mut replies = Vec::with_capacity(events.len());
        for event in events {
            match event {
                Event::Reply(reply) => replies.push(reply),
                Event::Progress(progress) => self.events.progress(progress),
            }
        }
        if replies.is_empty() {
            return;
        }
        {
            let mut state = self.state.borrow_mut();
            state.proven = true;
            for reply in &replies {
                state.outbox.replied(reply);
            }
        }
        let time = now();
        self.events.reply_at(replies, time);
        self.pump();
        self.rest(time);
    }

    /// What it means that the worker ended while it ran nothing. One that never ended a call is as good as not started: if its calls
    /// were sent again and again, they might never end.
    fn loss_between_calls(&self) -> Loss {
        if self.state.borrow().proven { Loss::Idle } else { Loss::NeverStarted }
    }

    /// The browser reports an error of the worker, which itself did not say what it was doing.
    pub(super) fn broken(&self, cause: String) {
        self.ended(None, cause);
    }

    /// The worker has ended, with whatever it had.
    fn ended(&self, reason: Option<LostReason>, cause: String) {
        self.pull();
        if !self.state.borrow().ready {
            return self.down(Error::lost(LostReason::NotStarted, cause), Loss::NeverStarted);
        }
        // Any of the calls may have run, and its reply be lost with the worker.
        let ids: Vec<u64> = self.state.borrow_mut().outbox.lose_posted();
        // One that had nothing to do, and did nothing wrong, can be had again.
        let idle = reason.is_some() && ids.is_empty();
        let loss = if idle { Loss::Idle } else { self.loss_between_calls() };
        let error = Error::lost(reason.unwrap_or(LostReason::Crashed), cause);
        self.events.lost(&ids, error.clone(), Loss::MaybeRan);
        self.down(error, loss);
    }

    /// Ends the worker and says so. Another one is started at once if this one was of use.
    pub(super) fn down(&self, error: Error, loss: Loss) {
        let (used, stopped) = {
            let mut state = self.state.borrow_mut();
            state.outbox.discard();
            (state.used, state.stop())
        };
        drop(stopped);
        self.events.down(error, loss);
        if used {
            self.start();
        }
    }

    /// Notes the moment if there is nothing to do, for `idle_stop`. One alarm is on its way at a time, however many calls
    /// come and go meanwhile.
    pub(super) fn rest(&self, time: Instant) {
        let Some(after) = self.setup.options.idle_stop else { return };
        let mut state = self.state.borrow_mut();
        if !state.ready || !state.outbox.is_empty() {
            return;
        }
        state.idle_since = Some(time);
        if state.alarm.is_none() {
            state.alarm = Some(self.ring(after, |inner, ()| inner.stop_if_idle()));
        }
    }

    fn stop_if_idle(&self) {
        let Some(after) = self.setup.options.idle_stop else { return };
        let mut state = self.state.borrow_mut();
        let rung = state.alarm.take();
        let Some(since) = state.idle_since else { return };
        let idle = now() - since;
        if idle < after {
            state.alarm = Some(self.ring(after.saturating_sub(idle), |inner, ()| inner.stop_if_idle()));
            return;
        }
        let stopped = state.stop();
        drop(state);
        drop((rung, stopped));
    }
}
