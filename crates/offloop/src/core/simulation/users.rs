//! Those who submit, wait, lose patience and cancel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Wake, Waker};
use std::time::Duration;

use super::far::ENDLESS;
use super::planted::Bug;
use super::world::{Job, World};
use crate::core::{Place, Request};
use crate::error::Error;
use crate::lane::Stop;
use crate::wire::Payload;

#[derive(Default)]
pub(super) struct Flag(pub(super) AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// A `Submit` future.
pub(super) struct Submitter {
    pub(super) label: usize,
    ticket: Option<u64>,
    /// Of the latest poll; the wakers of earlier polls count for nothing.
    pub(super) woken: Arc<Flag>,
}

impl World {
    pub(super) fn new_job(&mut self) -> usize {
        let label = self.jobs.len();
        let after = self.random.of(&[0, 1, 1_000, 100_000, 10_000_000]);
        // Only where lanes can be stopped such a task has an end, by its deadline or before.
        let endless = self.traits.stop == Stop::Terminate && !self.mixed && self.random.chance(15);
        let deadline = (endless || self.random.chance(30)).then(|| self.now + Duration::from_micros(after));
        let idempotent = self.random.chance(50);
        let (cancelled, sent, accepted, starts, ended) = (false, false, self.now, 0, false);
        self.jobs.push(Job { id: None, idempotent, endless, deadline, cancelled, sent, accepted, starts, ended });
        label
    }

    pub(super) fn request(&self, label: usize) -> Request<usize> {
        let Job { idempotent, endless, deadline, .. } = self.jobs[label];
        let task = if endless { ENDLESS } else { u32::from(idempotent) };
        // The core then takes every task for one that may be run again.
        let idempotent = idempotent || self.planted == Some(Bug::DoubleRun);
        let input = Payload { bytes: label.to_le_bytes()[..].into(), blobs: Vec::new() };
        Request::new(task, idempotent, input, deadline, label)
    }

    pub(super) fn submit(&mut self) {
        let label = self.new_job();
        match self.core.submit(self.request(label), self.now) {
            Ok(id) => self.accepted(label, id),
            Err((error, _)) => self.refused(label, &error),
        }
    }

    pub(super) fn wait(&mut self) {
        let label = self.new_job();
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        self.submitters.push(Submitter { label, ticket: None, woken });
        self.poll_at(self.submitters.len() - 1);
    }

    /// Polls a submitter that was woken, or just any.
    pub(super) fn poll(&mut self, any: bool) {
        let ready = |submitter: &&Submitter| any || submitter.woken.0.load(Relaxed);
        let count = self.submitters.iter().filter(ready).count();
        if count > 0 {
            let nth = self.random.below(count);
            let chosen = self.submitters.iter().filter(ready).nth(nth).unwrap().label;
            self.poll_at(self.submitters.iter().position(|submitter| submitter.label == chosen).unwrap());
        }
    }

    fn poll_at(&mut self, at: usize) {
        let (label, ticket) = (self.submitters[at].label, self.submitters[at].ticket);
        let request = self.request(label);
        let result = match ticket {
            Some(ticket) => self.core.submit_with(ticket, request, self.now),
            None => self.core.submit(request, self.now),
        };
        if let Err((Error::Full, _)) = result {
            let woken = Arc::new(Flag::default());
            let ticket = self.core.wait(ticket, &Waker::from(woken.clone()));
            self.submitters[at] = Submitter { label, ticket: Some(ticket), woken };
            self.say(|_| format!("submitter of {label} waits with ticket {ticket}"));
            return;
        }
        self.submitters.swap_remove(at);
        match result {
            Ok(id) => self.accepted(label, id),
            Err((error, _)) => self.refused(label, &error),
        }
    }

    pub(super) fn accepted(&mut self, label: usize, id: u64) {
        self.say(|_| format!("{label} accepted as {id}"));
        assert!(!self.closing && !self.aborted, "a closed executor takes a job");
        (self.jobs[label].id, self.jobs[label].accepted) = (Some(id), self.now);
    }

    fn refused(&mut self, label: usize, error: &Error) {
        self.say(|_| format!("{label} refused: {error}"));
        match error {
            Error::Full => {}
            Error::Closed => assert!(self.closing || self.aborted, "closed, and nobody has closed it"),
            error => assert!(self.faults, "{error}, and there are no faults"),
        }
    }

    /// A stream of jobs looks whether it should submit more.
    pub(super) fn feed(&mut self) {
        if !self.core.is_hungry() {
            let woken = Arc::new(Flag::default());
            self.core.on_hungry(&Waker::from(woken.clone()));
            self.feeders.push(woken);
        }
    }

    /// A submitter loses patience.
    pub(super) fn leave(&mut self) {
        if !self.submitters.is_empty() {
            let at = self.random.below(self.submitters.len());
            let Submitter { label, ticket, .. } = self.submitters.swap_remove(at);
            self.say(|_| format!("submitter of {label} leaves"));
            if let Some(ticket) = ticket {
                self.core.give_back(ticket, self.now);
            }
        }
    }

    pub(super) fn cancel_queued(&mut self) {
        let mut waiting = 0;
        for job in self.jobs.iter_mut() {
            let known = job.id.and_then(|id| self.core.jobs.get(id));
            if known.is_some_and(|known| matches!(known.place, Place::Queued | Place::Delayed)) {
                job.cancelled = true;
                waiting += 1;
            }
        }
        assert_eq!(self.core.cancel_queued(self.now), waiting);
        assert_eq!(self.core.queued, 0, "jobs are left in the queue");
        self.say(|_| format!("cancel the {waiting} in the queue"));
    }

    pub(super) fn cancel(&mut self) {
        // Mostly one that lives: in the moment when its lane is about to answer, or its neighbour's.
        let any = self.random.chance(20);
        let accepted: Vec<_> = self.jobs.iter_mut().filter(|job| job.id.is_some() && (any || !job.ended)).collect();
        if !accepted.is_empty() {
            let at = self.random.below(accepted.len());
            let job = accepted.into_iter().nth(at).unwrap();
            let id = job.id.unwrap();
            let waited = self.core.cancel(id, self.now);
            assert!(!waited || !job.ended, "a job that has ended was waited for");
            job.cancelled |= waited;
            self.slack += usize::from(self.mixed || self.traits.stop == Stop::Terminate);
            self.say(|_| format!("cancel {id}: {waited}"));
        }
    }
}
