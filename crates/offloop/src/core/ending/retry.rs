//! Jobs whose lane was lost: which of them are run again, when, and how often.

use std::time::Duration;

use crate::blob::Blob;
use crate::core::alarms::Alarm;
use crate::core::lanes::{LONG, backoff};
use crate::core::{Core, Phase, Place, next_random};
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::Loss;

/// How often a job without a deadline may be sent to a lane that others end before it begins: more often than a pool has failing jobs under way
/// at a time, and it is over within two seconds.
const RESETS: u8 = 32;

/// No pause is shorter, however near the deadline is.
const SHORTEST: Duration = Duration::from_millis(25);

impl<S> Core<S> {
    /// Runs the job again after a pause, if that is safe and there are tries left; ends it if not. Its lane may have been at it for as long as
    /// `ran`.
    pub(super) fn retry(&mut self, id: u64, error: Error, loss: Loss, ran: Duration, now: Instant) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let reason = if let Error::Lost { reason, .. } = error { Some(reason) } else { None };
        let is_temporary = reason.is_some_and(LostReason::is_temporary);
        let is_reset = loss == Loss::Reset;
        let safe = match loss {
            // It would come to the same end.
            Loss::NeverStarted => false,
            Loss::MaybeRan => job.idempotent,
            Loss::Idle | Loss::Refused | Loss::Reset => true,
        };
        // None of these is the job's fault, so that only time is a bound.
        let is_harmless = is_temporary || matches!(loss, Loss::Refused | Loss::Reset);
        let deadline = job.call.deadline.filter(|_| is_harmless && self.limits.retries > 0);
        // Resets are counted apart: how often its neighbours panic is not this job's fault.
        let is_left =
            deadline.is_some() || if is_reset { job.resets < RESETS } else { job.attempts < self.limits.retries };
        if !safe || !is_left || self.phase == Phase::Closed || job.slot.is_none() {
            return self.complete(id, Err(error), now);
        }
        if loss == Loss::MaybeRan {
            if self.limits.attempt.is_some_and(|limit| ran >= limit) {
                let error = Error::lost(LostReason::Overran, "an attempt that took so long is not repeated");
                return self.complete(id, Err(error), now);
            }
            if !job.call.input.blobs.iter().all(Blob::is_here) {
                return self.complete(id, Err(if is_temporary { without_body(error) } else { error }), now);
            }
        }
        let failures = if is_reset { job.resets.saturating_sub(RESETS) } else { job.losses };
        let mut pause = backoff(u32::from(failures).min(LONG), next_random(&mut self.random));
        if let Some(deadline) = deadline {
            // So that there is another try before it is too late.
            pause = pause.min((deadline - now) / 2).max(SHORTEST);
        }
        if is_reset {
            job.resets = job.resets.saturating_add(1);
        } else {
            job.losses = job.losses.saturating_add(1);
            job.attempts += u32::from(deadline.is_none());
        }
        job.place = Place::Delayed;
        self.queued += 1;
        self.tally.requeued();
        self.alarms.add(now + pause, Alarm::Retry(id));
    }
}

/// The loss of a job that would be run again if all of its input were here.
fn without_body(error: Error) -> Error {
    match error {
        Error::Lost { mut cause, .. } => {
            cause.push_str(", and the request's body is gone with it, send the request again");
            Error::Lost { reason: LostReason::BodyGone, cause }
        }
        other => other,
    }
}
