//! What is on its way to the worker: calls that wait to be posted, and those that were.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::Loss;
use crate::platform::browser::message::text;
use crate::platform::browser::soon;
use crate::platform::now;
use crate::wire::{Call, Reply, encode_calls};

/// With this much work at hand the worker gets another message, which it finds when it is done: about a round trip. With less it
/// replies before the message would be there. Calls wait for that reply and leave together, so that under load there are
/// few messages of many calls instead of one for each, which is what costs most.
const ENOUGH: Duration = Duration::from_micros(50);
/// More messages than that are not at the worker at once, however long it works on them.
const MESSAGES: u64 = 2;

#[derive(Default)]
pub(super) struct Outbox {
    /// Taken and not posted.
    waiting: Vec<Arc<Call>>,
    /// Posted and not replied to, oldest first, each with the number of its message.
    posted: VecDeque<(u64, u64)>,
    /// How long calls compute, of late.
    busy: Duration,
    /// Counts the messages.
    message: u64,
    /// How many calls were in the last one.
    last: usize,
    /// The microtask that posts is on its way; so many calls waited when it was queued.
    flushing: Option<usize>,
}

/// When what waits is to be posted.
pub(super) enum Next {
    Now,
    /// Once no more calls come in this turn.
    Soon,
    /// With the next reply, or when the microtask comes that was queued already.
    Later,
}

impl Outbox {
    pub(super) fn push(&mut self, call: Arc<Call>) {
        self.waiting.push(call);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.posted.is_empty()
    }

    pub(super) fn nothing_posted(&self) -> bool {
        self.posted.is_empty()
    }

    pub(super) fn is_posted(&self, id: u64) -> bool {
        self.posted.iter().any(|(posted, _)| *posted == id)
    }

    /// Takes back a call that was not posted.
    pub(super) fn withdraw(&mut self, id: u64) -> bool {
        let at = self.waiting.iter().position(|call| call.id == id);
        at.map(|at| self.waiting.remove(at)).is_some()
    }

    /// Forgets what was not posted.
    pub(super) fn discard(&mut self) {
        self.waiting.clear();
    }

    /// The worker is gone: gives what it had.
    pub(super) fn lose_posted(&mut self) -> Vec<u64> {
        self.posted.drain(..).map(|(id, _)| id).collect()
    }

    pub(super) fn replied(&mut self, reply: &Reply) {
        self.busy = (7 * self.busy + reply.busy) / 8;
        // In the order they were posted, but for those that were cancelled.
        if let Some(at) = self.posted.iter().position(|(posted, _)| *posted == reply.id) {
            self.posted.remove(at);
        }
    }

    /// Whether the worker has as much as it should.
    fn is_full(&self) -> bool {
        let (Some((_, first)), Some((_, last))) = (self.posted.front(), self.posted.back()) else { return false };
        let work = u32::try_from(self.posted.len()).map_or(Duration::MAX, |calls| self.busy.saturating_mul(calls));
        work < ENOUGH || last - first + 1 >= MESSAGES
    }

    pub(super) fn next(&mut self) -> Next {
        if self.flushing.is_some() || self.waiting.is_empty() || self.is_full() {
            return Next::Later;
        }
        // Where calls come one at a time there is nothing to wait for.
        if self.posted.is_empty() && self.waiting.len() == 1 && self.last == 1 {
            return Next::Now;
        }
        self.flushing = Some(self.waiting.len());
        Next::Soon
    }

    /// Whether no more calls have come since the last look; if some have, others may be about to come in this turn, from futures
    /// that wait in the same queue of microtasks.
    fn is_settled(&mut self) -> bool {
        let settled = self.flushing.is_none_or(|seen| seen >= self.waiting.len());
        self.flushing = (!settled).then_some(self.waiting.len());
        settled
    }

    /// Whether the microtask that posts is on its way.
    pub(super) fn is_flushing(&self) -> bool {
        self.flushing.is_some()
    }

    fn take(&mut self) -> Vec<Arc<Call>> {
        std::mem::take(&mut self.waiting)
    }

    fn note(&mut self, calls: &[Arc<Call>]) {
        self.message += 1;
        self.last = calls.len();
        self.posted.extend(calls.iter().map(|call| (call.id, self.message)));
    }
}

impl Inner {
    /// Posts what waits, if it is time.
    pub(super) fn pump(&self) {
        let next = {
            let mut state = self.state.borrow_mut();
            if !state.ready {
                return;
            }
            state.outbox.next()
        };
        match next {
            Next::Now => self.flush(),
            Next::Soon => self.flush_soon(),
            Next::Later => {}
        }
    }

    pub(super) fn flush_when_settled(&self) {
        if self.state.borrow_mut().outbox.is_settled() {
            self.flush();
        } else {
            self.flush_soon();
        }
    }

    fn flush_soon(&self) {
        if let Some(flush) = &self.flush {
            soon(flush.as_ref());
        }
    }

    /// Posts all calls that wait, in one message.
    pub(super) fn flush(&self) {
        let mut state = self.state.borrow_mut();
        if !state.ready {
            return;
        }
        let calls = state.outbox.take();
        if calls.is_empty() {
            return;
        }
        let (mut frame, mut blobs) = (Vec::with_capacity(32 + 16 * calls.len()), Vec::new());
        // The clock is only asked if there are deadlines to be told.
        let time = if calls.iter().any(|call| call.deadline.is_some()) { now() } else { Instant::from_micros(0) };
        encode_calls(self.setup.fingerprint, &calls, time, &mut frame, Some(&mut blobs));
        let posted = state.worker.as_ref().map_or(Ok(()), |worker| worker.link().send(&frame, &blobs));
        match posted {
            Ok(()) => {
                state.outbox.note(&calls);
                state.used = true;
            }
            Err(error) => {
                drop(state);
                let ids: Vec<u64> = calls.iter().map(|call| call.id).collect();
                let cause = format!("the browser did not take the message: {}", text(&error));
                self.events.lost(&ids, Error::lost(LostReason::Other, cause), Loss::Idle);
                self.rest(now());
            }
        }
    }
}
