//! The executor's decisions, without any doing: a state machine that takes events and the time, and answers with
//! [`News`] and [`Deed`]s. No clock, no thread, no JavaScript; so it can be driven through any schedule in a test.
//!
//! ```text
//!             submit            dispatch              reply
//! (refused) ◀──────── Queued ───────────▶ Held{lane} ───────▶ finished
//!                       ▲ ▲                │  │  │
//!                       │ └─ reset, down ──┘  │  └─ cancel, deadline: finished, and while the lane still has it, Orphan
//!                       └──── Delayed ◀───────┘ lost, and may run again
//! ```

mod admission;
mod agenda;
mod alarms;
mod closing;
mod dispatch;
mod ending;
mod ids;
mod lanes;
mod results;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use admission::Tickets;
use agenda::Agenda;
use alarms::{Alarm, Alarms};
use ids::ById;
use lanes::Lanes;

#[cfg(test)]
pub(crate) use agenda::Action;
pub(crate) use agenda::{Deed, News, Next, Order};
pub(crate) use lanes::Load;

use crate::error::Error;
use crate::instant::Instant;
use crate::stats::{Recorder, Tally};
use crate::wire::{Call, Payload};

/// The lane number under which calls that run in the calling thread report.
pub(crate) const INLINE: usize = usize::MAX;

/// The numbers that shape an executor; see `Options` for what they mean to users.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) queue: usize,
    pub(crate) retries: u32,
    pub(crate) attempt: Option<Duration>,
    pub(crate) inline_on_skew: bool,
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the queue.
    Queued,
    /// Waits out the back-off before it is queued again.
    Delayed,
    /// Sent to the lane, and not replied to.
    Held { lane: usize },
    /// Held by the lane still, but its handle has ended. Kept until the lane lets go of it.
    Orphan { lane: usize },
}

struct Job<S> {
    call: Arc<Call>,
    /// `None` once the handle has its result.
    slot: Option<S>,
    place: Place,
    idempotent: bool,
    /// Tries that count against `Limits::retries`.
    attempts: u32,
    /// All of them, but for those that others ended before this job had begun.
    losses: u8,
    resets: u8,
    submitted: Instant,
    sent: Instant,
}

/// Whether jobs are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Yes.
    Open,
    /// No; those taken are finished. Entered by `close`.
    Closing,
    /// No, and none is left. Entered by `abort`, or when the last job of a closing executor ends.
    Closed,
}

pub(crate) struct Core<S> {
    limits: Limits,
    phase: Phase,
    jobs: ById<Job<S>>,
    /// Oldest first. Ids of jobs that have left the queue stay until they come to the front, or are too many.
    queue: VecDeque<u64>,
    /// How many jobs are Queued or Delayed: what the bound is about.
    queued: usize,
    /// Jobs with a handle that has not ended, in any place.
    live: usize,
    lanes: Lanes,
    tickets: Tickets,
    closers: Vec<Waker>,
    /// Streams of jobs that wait for the executor to be hungry.
    feeders: Vec<Waker>,
    alarms: Alarms,
    random: u64,
    tally: Tally,
    agenda: Agenda<S>,
}

/// A job as it is submitted.
pub(crate) struct Request<S> {
    /// Has no id yet. Made before, so that whoever submits has less to move, and no memory to ask for under the executor's lock.
    pub(crate) call: Arc<Call>,
    pub(crate) idempotent: bool,
    pub(crate) slot: S,
}

impl<S> Request<S> {
    pub(crate) fn new(task: u32, idempotent: bool, input: Payload, deadline: Option<Instant>, slot: S) -> Self {
        Self { call: Arc::new(Call { id: 0, task, deadline, input }), idempotent, slot }
    }
}

impl<S> Core<S> {
    pub(crate) fn new(limits: Limits, seed: u64, recorder: Recorder) -> Self {
        Self {
            limits,
            phase: Phase::Open,
            jobs: ById::default(),
            queue: VecDeque::new(),
            queued: 0,
            live: 0,
            lanes: Lanes::default(),
            tickets: Tickets::default(),
            closers: Vec::new(),
            feeders: Vec::new(),
            alarms: Alarms::default(),
            random: seed | 1,
            tally: Tally::new(recorder),
            agenda: Agenda::default(),
        }
    }

    /// What the shell attached to the job, while its handle waits.
    pub(crate) fn slot(&self, id: u64) -> Option<&S> {
        self.jobs.get(id)?.slot.as_ref()
    }

    /// Whether `close` or `abort` has come to its end.
    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Takes a job. The caller has made sure that there is room, by `admit` or a granted ticket.
    fn accept(&mut self, request: Request<S>, now: Instant) -> u64 {
        let id = self.jobs.next();
        let Request { mut call, idempotent, slot } = request;
        // Nobody else has it.
        if let Some(call) = Arc::get_mut(&mut call) {
            call.id = id;
        }
        let deadline = call.deadline;
        let (slot, place, submitted, sent) = (Some(slot), Place::Queued, now, now);
        let (attempts, losses, resets) = (0, 0, 0);
        self.jobs.push(Job { call, slot, place, idempotent, attempts, losses, resets, submitted, sent });
        if let Some(deadline) = deadline {
            self.alarms.add(deadline, Alarm::Deadline(id));
        }
        self.live += 1;
        self.tally.submitted();
        // Mostly there is a lane for it at once, and the queue need not be gone through.
        let lane = if self.queue.is_empty() { self.choose(idempotent, now) } else { None };
        match lane {
            Some(lane) => self.send(id, lane, now),
            None => {
                self.queue.push_back(id);
                self.queued += 1;
            }
        }
        self.settle(now);
        id
    }

    /// Brings everything to rest after an event: jobs to lanes, tickets to the room that is left, the alarm to its time.
    fn settle(&mut self, now: Instant) {
        self.dispatch(now);
        self.grant(now);
        self.feed();
        if self.phase == Phase::Closing && self.live == 0 {
            self.end();
        }
        self.tidy_queue();
        let jobs = &self.jobs;
        self.alarms.tidy(jobs.len(), |id| jobs.get(id).is_some());
        if let Some(when) = self.alarms.arm() {
            self.act(Deed::Alarm(when));
        }
        self.tally.write();
    }

    /// The time has come that an [`Deed::Alarm`] asked for. Coming early or twice does no harm.
    pub(crate) fn tick(&mut self, now: Instant) {
        for alarm in self.alarms.due(now) {
            match alarm {
                Alarm::Deadline(id) => self.stop(id, Error::TimedOut, now),
                Alarm::Retry(id) => {
                    if let Some(job) = self.jobs.get_mut(id).filter(|job| job.place == Place::Delayed) {
                        job.place = Place::Queued;
                        self.queue.push_front(id);
                    }
                }
                Alarm::Lane(lane) => self.evict_orphan(lane),
            }
        }
        self.settle(now);
    }

    /// Nobody will call [`tick`](Self::tick) as a [`Deed::Alarm`] asked: whatever was to wait for its time ends now.
    pub(crate) fn without_alarm(&mut self, error: &Error, now: Instant) {
        for alarm in self.alarms.take() {
            match alarm {
                Alarm::Deadline(id) | Alarm::Retry(id) => self.stop(id, error.clone(), now),
                Alarm::Lane(lane) => {
                    self.lanes.rouse(lane);
                    self.evict_orphan(lane);
                }
            }
        }
        self.settle(now);
    }
}

/// xorshift64*: jitter and tie-breaking need no better source. <https://doi.org/10.18637/jss.v008.i14>
fn next_random(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}
