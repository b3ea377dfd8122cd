//! What must be true while the executor lives, when nothing is left to do, and after its end.

use std::sync::atomic::Ordering::Relaxed;

use super::far::Far;
use super::world::{MOST_AHEAD, World, label};
use crate::core::Place;
use crate::error::{Error, LostReason};
use crate::wire::{Call, Payload};

impl World {
    /// What must be true whenever the shell has caught up.
    pub(super) fn check(&self) {
        if !self.core.is_at_rest() || self.hand.is_some() {
            return;
        }
        let alarmed = self.alarm.is_some_and(|alarm| alarm <= self.now);
        let mut waiting = 0;
        for job in self.jobs.iter().filter(|job| job.id.is_some() && !job.ended) {
            waiting += usize::from(!job.sent);
            let late = job.deadline.is_some_and(|deadline| deadline <= self.now);
            assert!(!late || alarmed, "{:?} is late, and no alarm is set", job.id);
        }
        // What lanes held may have come back to a queue that was full.
        let bound = self.limits.queue + if self.slack == 0 { 0 } else { self.lanes.len() * MOST_AHEAD };
        assert!(waiting <= bound, "{waiting} jobs are in a queue for {bound}");
        let hungry = self.feeders.iter().all(|feeder| feeder.0.load(Relaxed)) || !self.core.is_hungry();
        assert!(hungry, "the queue is short, and a stream was not told");
        if !alarmed {
            self.check_nothing_waits_for_nothing();
        }
    }

    /// No lane idles while a job waits, and nobody waits for room that there is.
    fn check_nothing_waits_for_nothing(&self) {
        let queued = |id: &u64| self.core.jobs.get(*id).is_some_and(|job| job.place == Place::Queued);
        let idle = self.core.lanes.idle(self.now);
        assert!(idle == 0 || !self.core.queue.iter().any(queued), "a lane is idle, and a job waits");
        assert!(!self.core.makes_wait(self.now), "there is room, and who waits for it was not told");
    }

    /// When nothing is left to do each lane takes a job at once.
    pub(super) fn check_lanes_are_free(&mut self) {
        self.check_nothing_is_left();
        if self.closing || self.aborted {
            return;
        }
        self.lanes.iter_mut().for_each(Far::calm_down);
        self.timeless = false;
        let lanes = self.core.lane_count();
        let open = self.lanes.iter().filter(|lane| !lane.closed).count();
        assert_eq!(open, lanes, "lanes out of service are left open");
        let labels: Vec<_> = (0..lanes).map(|_| self.new_job()).collect();
        for &label in &labels {
            let id = self.core.submit(self.request(label), self.now).map_err(|(error, _)| error);
            self.accepted(label, id.expect("there are idle lanes"));
        }
        while self.act() {}
        let sent = labels.iter().filter(|&&label| self.jobs[label].sent).count();
        assert_eq!(sent, lanes, "a lane is idle, and takes no job");
    }

    pub(super) fn check_nothing_is_left(&self) {
        let left: Vec<_> = self.jobs.iter().filter(|job| job.id.is_some() && !job.ended).map(|job| job.id).collect();
        assert!(left.is_empty(), "{left:?} never end");
        let forgotten: Vec<_> = self.submitters.iter().map(|submitter| submitter.label).collect();
        assert!(forgotten.is_empty(), "the submitters of {forgotten:?} were never woken");
        assert!(self.feeders.iter().all(|feeder| feeder.0.load(Relaxed)), "a stream was never woken");
        assert_eq!((self.core.jobs.len(), self.core.queued, self.core.live), (0, 0, 0), "the core keeps jobs");
    }

    pub(super) fn check_all_is_over(&self) {
        self.check_nothing_is_left();
        assert!(self.core.is_closed(), "close has not come to its end");
        assert!(self.closers.iter().all(|closer| closer.0.load(Relaxed)), "somebody still waits for close");
        assert!(self.lanes.iter().all(|lane| lane.closed), "a lane is left open");
        let stats = self.recorder.snapshot();
        assert_eq!((stats.queued, stats.running), (0, 0), "{stats:?}");
        assert_eq!(stats.submitted, stats.finished + stats.failed.total(), "{stats:?}");
    }

    pub(super) fn start(&mut self, call: &Call) {
        self.say(|_| format!("start {}", call.id));
        let job = &mut self.jobs[label(call)];
        job.starts += 1;
        assert!(job.idempotent || job.starts == 1, "{} is run twice, and is not idempotent", call.id);
    }

    pub(super) fn finish(&mut self, label: usize, result: &Result<Payload, Error>) {
        self.say(|_| format!("{label} ends: {result:?}"));
        let job = &mut self.jobs[label];
        assert!(job.id.is_some(), "a job ends that was refused");
        assert!(!job.ended, "a job ends twice");
        job.ended = true;
        match result {
            Ok(output) => {
                assert_eq!(output.bytes, label.to_le_bytes(), "the result of another job");
                let kept = self.lanes.iter().any(|lane| job.id.is_some_and(|id| lane.owed.contains(&id)));
                assert!(!kept, "a lane still has a call whose result is there");
            }
            Err(Error::Failed { .. }) => assert!(job.starts > 0, "a job failed that never ran"),
            Err(Error::Cancelled) => assert!(job.cancelled || self.aborted, "nobody has cancelled this job"),
            Err(Error::TimedOut) => {
                assert!(
                    job.deadline.is_some_and(|deadline| deadline <= self.now),
                    "a job is told that it is late, and is not"
                );
            }
            Err(error @ (Error::Full | Error::Closed)) => panic!("a job that was taken is told: {error}"),
            Err(error) => {
                assert!(self.faults, "{error}, and there are no faults");
                let Err(Error::Lost { reason, .. }) = result else { return };
                let has_time = job.deadline.is_some_and(|deadline| deadline > self.now) && self.limits.retries > 0;
                assert!(
                    !(has_time && job.idempotent && reason.is_temporary()),
                    "a job is given up that has time: {reason}"
                );
                if *reason == LostReason::Overran {
                    let limit = self.limits.attempt.expect("there is no limit for attempts");
                    assert!(self.now - job.accepted >= limit, "an attempt is told that it was long");
                }
            }
        }
    }
}
