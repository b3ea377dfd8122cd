//! From the queue to the lanes, and back.

use super::{Core, Order, Place, next_random};
use crate::instant::Instant;

impl<S> Core<S> {
    /// Sends queued jobs to lanes with room, oldest first.
    pub(super) fn dispatch(&mut self, now: Instant) {
        while let Some(&id) = self.queue.front() {
            let Some(job) = self.jobs.get(id).filter(|job| job.place == Place::Queued) else {
                self.queue.pop_front();
                continue;
            };
            let idempotent = job.idempotent;
            let Some(lane) = self.choose(idempotent, now) else { break };
            self.queue.pop_front();
            self.queued -= 1;
            self.send(id, lane, now);
        }
        // While no lane can be brought up, waiting would be for nothing: say so at once.
        if !self.queue.is_empty()
            && let Some(error) = self.lanes.outage(now)
        {
            while let Some(id) = self.queue.pop_front() {
                if self.jobs.get(id).is_some_and(|job| job.place == Place::Queued) {
                    self.complete(id, Err(error.clone()), now);
                }
            }
        }
    }

    pub(super) fn choose(&mut self, idempotent: bool, now: Instant) -> Option<usize> {
        let random = next_random(&mut self.random);
        self.lanes.choose(idempotent, now, random)
    }

    pub(super) fn send(&mut self, id: u64, lane: usize, now: Instant) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.place = Place::Held { lane };
        job.sent = now;
        self.tally.started();
        self.lanes.hold(lane, id, job.call.task, now);
        let call = job.call.clone();
        self.order(lane, Order::Send(call));
    }

    /// Puts a job that a lane held back to the head of the queue.
    pub(super) fn requeue(&mut self, id: u64) {
        if let Some(job) = self.jobs.get_mut(id) {
            if job.slot.is_none() {
                self.jobs.remove(id);
                return;
            }
            job.place = Place::Queued;
            self.queue.push_front(id);
            self.queued += 1;
            self.tally.requeued();
        }
    }
}
