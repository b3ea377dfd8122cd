//! How callers get their results.

use std::time::Duration;

use super::{Core, Job, News, Place};
use crate::error::Error;
use crate::instant::Instant;
use crate::wire::Payload;

impl<S> Core<S> {
    /// Ends the job's handle, wherever the job is. The job itself stays in the map, for the caller to remove or orphan.
    pub(super) fn finish(&mut self, id: u64, result: Result<Payload, Error>, now: Instant) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if let Some(slot) = job.slot.take() {
            let job = Job { call: job.call.clone(), slot: None, ..*job };
            self.hand_out(slot, job, result, now);
        }
    }

    /// Ends the job and its handle.
    pub(super) fn complete(&mut self, id: u64, result: Result<Payload, Error>, now: Instant) {
        let Some(mut job) = self.jobs.remove(id) else { return };
        if let Some(slot) = job.slot.take() {
            self.hand_out(slot, job, result, now);
        }
    }

    #[inline]
    fn hand_out(&mut self, slot: S, job: Job<S>, result: Result<Payload, Error>, now: Instant) {
        let Job { call, place, submitted, sent, .. } = job;
        self.live -= 1;
        let waited = matches!(place, Place::Queued | Place::Delayed);
        if waited {
            self.queued -= 1;
        }
        let (queue, run) = if waited { (now - submitted, Duration::ZERO) } else { (sent - submitted, now - sent) };
        self.tally.finished(!waited, result.as_ref().err(), queue, run);
        self.tell(News::Finish { slot, result, call });
    }
}
