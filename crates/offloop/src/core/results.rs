//! How callers get their results.

use std::sync::Arc;
use std::time::Duration;

use super::{Action, Core, Job, Place};
use crate::error::Error;
use crate::instant::Instant;
use crate::wire::{Call, Payload};

impl<S> Core<S> {
    /// Ends the job's handle, wherever the job is. The job itself stays in the map, for the caller to remove or orphan.
    pub(super) fn finish(&mut self, id: u64, result: Result<Payload, Error>, now: Instant) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if let Some(slot) = job.slot.take() {
            let (call, place, times) = (job.call.clone(), job.place, [job.submitted, job.sent]);
            self.tell(slot, call, place, times, result, now);
        }
    }

    /// Ends the job and its handle.
    pub(super) fn complete(&mut self, id: u64, result: Result<Payload, Error>, now: Instant) {
        let Some(Job { slot, call, place, submitted, sent, .. }) = self.jobs.remove(&id) else { return };
        if let Some(slot) = slot {
            self.tell(slot, call, place, [submitted, sent], result, now);
        }
    }

    fn tell(
        &mut self,
        slot: S,
        call: Arc<Call>,
        place: Place,
        times: [Instant; 2],
        result: Result<Payload, Error>,
        now: Instant,
    ) {
        let [submitted, sent] = times;
        self.live -= 1;
        let waited = matches!(place, Place::Queued | Place::Delayed);
        if waited {
            self.queued -= 1;
        }
        let (queue, run) = if waited { (now - submitted, Duration::ZERO) } else { (sent - submitted, now - sent) };
        self.tally.finished(!waited, result.as_ref().err(), queue, run);
        self.actions.push_back(Action::Finish { slot, result, call });
    }
}
