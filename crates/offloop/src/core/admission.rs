//! Room in the queue: who may submit now, and who waits for it.

use std::collections::VecDeque;
use std::mem::replace;
use std::task::Waker;

use super::{Core, News, Phase, Place, Request};
use crate::error::Error;
use crate::instant::Instant;

/// Submitters that wait for room, first come first served.
///
/// Both lines are in the order of their tickets. Nearly always it is the first who leaves, or the last; trees, which would take anybody out as
/// fast, make a page 2 kB larger.
#[derive(Default)]
pub(super) struct Tickets {
    next: u64,
    waiting: VecDeque<(u64, Waker)>,
    /// Told that there is room, and not back yet. The room is kept for them.
    granted: VecDeque<u64>,
}

impl Tickets {
    /// Puts a ticket in its place in the line, or gives it another waker.
    /// Gives the one it had before.
    fn line_up(&mut self, ticket: u64, waker: Waker) -> Option<Waker> {
        let at = self.waiting.partition_point(|(other, _)| *other < ticket);
        match self.waiting.get_mut(at) {
            Some(place) if place.0 == ticket => return Some(replace(&mut place.1, waker)),
            _ => self.waiting.insert(at, (ticket, waker)),
        }
        None
    }

    /// Gives the waker that is not needed any more.
    fn leave(&mut self, ticket: u64) -> Option<Waker> {
        let at = self.waiting.partition_point(|(other, _)| *other < ticket);
        self.waiting.get(at).filter(|(other, _)| *other == ticket)?;
        self.waiting.remove(at).map(|(_, waker)| waker)
    }

    fn grant(&mut self, ticket: u64) {
        let at = self.granted.partition_point(|other| *other < ticket);
        self.granted.insert(at, ticket);
    }

    /// Takes the room that is kept for a ticket; false if none is.
    fn redeem(&mut self, ticket: u64) -> bool {
        let at = self.granted.partition_point(|other| *other < ticket);
        let is_granted = self.granted.get(at) == Some(&ticket);
        if is_granted {
            self.granted.remove(at);
        }
        is_granted
    }
}

impl<S> Core<S> {
    /// Takes the job if there is room and nobody waits before it; gives the request back with the reason if not.
    pub(crate) fn submit(&mut self, request: Request<S>, now: Instant) -> Result<u64, (Error, Request<S>)> {
        if self.phase != Phase::Open {
            return Err((Error::Closed, request));
        }
        if let Some(error) = self.lanes.outage(now) {
            return Err((error, request));
        }
        if !self.tickets.waiting.is_empty() || !self.has_room(now) {
            return Err((Error::Full, request));
        }
        Ok(self.accept(request, now))
    }

    /// As `submit`, for the holder of a ticket.
    pub(crate) fn submit_with(
        &mut self,
        ticket: u64,
        request: Request<S>,
        now: Instant,
    ) -> Result<u64, (Error, Request<S>)> {
        let refusal = if self.phase == Phase::Open { self.lanes.outage(now) } else { Some(Error::Closed) };
        if let Some(error) = refusal {
            self.give_back(ticket, now);
            return Err((error, request));
        }
        let first = self.tickets.waiting.front().is_none_or(|(first, _)| *first >= ticket);
        // The room kept for the ticket passes to the job without being free in between, or the next in line would get it too.
        if !(self.tickets.redeem(ticket) || first && self.has_room(now)) {
            return Err((Error::Full, request));
        }
        self.leave(ticket);
        Ok(self.accept(request, now))
    }

    /// Gets in line for room. Calling again with the same ticket only changes the waker.
    pub(crate) fn wait(&mut self, ticket: Option<u64>, waker: &Waker) -> u64 {
        let ticket = ticket.unwrap_or_else(|| {
            self.tickets.next += 1;
            self.tickets.next
        });
        let before = self.tickets.line_up(ticket, waker.clone());
        self.forget(before);
        ticket
    }

    fn leave(&mut self, ticket: u64) {
        let waker = self.tickets.leave(ticket);
        self.forget(waker);
    }

    /// To drop a waker may run foreign code, which may use the executor: not under its lock.
    fn forget(&mut self, waker: Option<Waker>) {
        if let Some(waker) = waker {
            self.tell(News::Forget(waker));
        }
    }

    /// Leaves the line; room that was kept for the ticket goes to the next.
    pub(crate) fn give_back(&mut self, ticket: u64, now: Instant) {
        self.leave(ticket);
        if self.tickets.redeem(ticket) {
            self.grant(now);
        }
    }

    fn has_room(&self, now: Instant) -> bool {
        let taken = self.queued + self.tickets.granted.len();
        taken < self.limits.queue || taken < self.limits.queue.saturating_add(self.lanes.idle(now))
    }

    /// Tells those at the head of the line that they may submit, as many as there is room for. If there is no point in waiting
    /// all are told, and no room is kept for them.
    pub(super) fn grant(&mut self, now: Instant) {
        if self.tickets.waiting.is_empty() {
            return;
        }
        let hopeless = self.phase != Phase::Open || self.lanes.outage(now).is_some();
        while hopeless || self.has_room(now) {
            let Some((ticket, waker)) = self.tickets.waiting.pop_front() else { break };
            if !hopeless {
                self.tickets.grant(ticket);
            }
            self.tell(News::Wake(waker));
        }
    }

    /// Whether there is room that somebody waits for, and has not been told of.
    #[cfg(test)]
    pub(super) fn makes_wait(&self, now: Instant) -> bool {
        !self.tickets.waiting.is_empty() && self.has_room(now)
    }

    /// Whether a stream of jobs should submit more: the queue is shorter than one job for each lane.
    pub(crate) fn is_hungry(&self) -> bool {
        self.queued < self.lanes.count().max(1)
    }

    /// Wakes `waker` when the executor is hungry.
    pub(crate) fn on_hungry(&mut self, waker: &Waker) {
        if !self.feeders.iter().any(|known| known.will_wake(waker)) {
            self.feeders.push(waker.clone());
        }
    }

    /// Tells the streams that wait for it that the executor is hungry.
    pub(super) fn feed(&mut self) {
        if !self.feeders.is_empty() && self.is_hungry() {
            let feeders = std::mem::take(&mut self.feeders);
            self.wake_all(feeders);
        }
    }

    /// Forgets jobs that have left the queue once they outnumber the others, so that cancelled ones do not pile up behind one that waits.
    pub(super) fn tidy_queue(&mut self) {
        if self.queue.len() > 64 && self.queue.len() / 4 > self.queued {
            let jobs = &self.jobs;
            self.queue.retain(|id| jobs.get(*id).is_some_and(|job| job.place == Place::Queued));
        }
    }
}
