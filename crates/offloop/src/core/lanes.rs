//! What the executor knows of its lanes, and which one takes the next job.

mod rest;

use std::collections::VecDeque;
use std::time::Duration;

use crate::error::Error;
use crate::instant::{Instant, nanos};
use crate::lane::{Stop, Traits};
pub(super) use rest::{LONG, backoff};

/// Tells what other executors have in flight on a shared lane; asked at each choice.
pub(crate) type Load = Box<dyn Fn() -> usize + Send>;

/// What a call is taken to need whose task has not been timed yet: nothing is sent behind it.
const UNKNOWN: u64 = nanos(Duration::from_secs(3600));

struct Lane {
    traits: Traits,
    load: Load,
    /// [`Traits::ahead`] in nanoseconds.
    ahead: u64,
    /// Calls sent and not replied to, oldest first, each with the nanoseconds that it should take: the first one runs.
    held: VecDeque<(u64, u64)>,
    /// How long the held calls should take, by what was known when each was sent.
    backlog: u64,
    /// When the oldest call can have begun to run: when it was sent, or when the one before it ended.
    since: Instant,
    /// Left alone until then: it failed to come up, or goes on with what nobody waits for.
    down_until: Option<Instant>,
    failures: u32,
    /// It has ended a call, and come up each time since.
    works: bool,
    /// Why it did not come up.
    broken: Option<Error>,
    /// Takes no more calls, and is closed when it has none left.
    retired: bool,
    closed: bool,
    /// The shell has closed it too, so that its index may name another lane.
    vacant: bool,
}

#[derive(Default)]
pub(super) struct Lanes {
    all: Vec<Lane>,
    /// By task: how many nanoseconds a call keeps a lane, hop included, as seen from here. `None` until the first reply.
    service: Vec<Option<u64>>,
}

impl Lanes {
    /// Adds a lane, in the place of a closed one if there is one, and gives its index.
    pub(super) fn add(&mut self, traits: Traits, load: Load, down_until: Option<Instant>, now: Instant) -> usize {
        let lane = Lane {
            traits,
            load,
            ahead: nanos(traits.ahead),
            // Many lanes never hold more than one.
            held: VecDeque::with_capacity(1),
            backlog: 0,
            since: now,
            down_until,
            failures: 0,
            works: false,
            broken: None,
            retired: false,
            closed: false,
            vacant: false,
        };
        let index = self.vacant();
        match self.all.get_mut(index) {
            Some(place) => *place = lane,
            None => self.all.push(lane),
        }
        index
    }

    /// The index that the next lane will get.
    pub(super) fn vacant(&self) -> usize {
        self.all.iter().position(|lane| lane.vacant).unwrap_or(self.all.len())
    }

    /// The lane is closed, and its index free.
    pub(super) fn vacate(&mut self, lane: usize) {
        if let Some(lane) = self.all.get_mut(lane) {
            lane.vacant = true;
            // It holds the lane of the shell.
            lane.load = Box::new(|| 0);
        }
    }

    /// How many lanes take jobs.
    pub(super) fn count(&self) -> usize {
        self.all.iter().filter(|lane| !lane.retired).count()
    }

    pub(super) fn traits(&self, lane: usize) -> Option<Traits> {
        self.all.get(lane).map(|lane| lane.traits)
    }

    /// Takes the last `count` lanes out of service; those among them that are idle may be closed now.
    pub(super) fn retire(&mut self, count: usize) -> Vec<usize> {
        let lanes = self.all.iter_mut().enumerate().rev().filter(|(_, lane)| !lane.retired).take(count);
        lanes.filter_map(|(index, lane)| lane.retire().then_some(index)).collect()
    }

    /// Closes all; gives those that were not closed before.
    pub(super) fn close_all(&mut self) -> Vec<usize> {
        let open = self.all.iter_mut().enumerate().filter(|(_, lane)| !lane.closed);
        open.map(|(index, lane)| {
            lane.held.clear();
            lane.backlog = 0;
            lane.retire();
            index
        })
        .collect()
    }

    /// How many lanes have nothing to do.
    pub(super) fn idle(&self, now: Instant) -> usize {
        self.all.iter().filter(|lane| lane.is_up(now) && lane.held.is_empty()).count()
    }

    /// The lane for the next call: the least busy of those with room, or if others use them too an idle one, else the better of two random
    /// ones.
    #[inline]
    pub(super) fn choose(&self, idempotent: bool, now: Instant, random: u64) -> Option<usize> {
        let free = |&(_, lane): &(usize, &Lane)| lane.is_up(now) && Self::has_room(lane, idempotent, now);
        let shared = self.all.first().is_some_and(|lane| lane.traits.shared);
        if !shared {
            // A lane that fails at once is always among the least busy.
            let least = |(_, lane): &(usize, &Lane)| (lane.held.len(), lane.failures);
            return self.all.iter().enumerate().filter(free).min_by_key(least).map(|(i, _)| i);
        }
        let free: Vec<_> = self.all.iter().enumerate().filter(free).collect();
        let count = u64::try_from(free.len()).ok().filter(|count| *count > 0)?;
        let first = (random >> 33) % count;
        // The second choice is another lane than the first.
        let second = (first + 1 + random % (count - 1).max(1)) % count;
        let at = |place: u64| usize::try_from(place).ok().and_then(|place| free.get(place));
        let busy = |place: u64| at(place).map(|(_, lane)| (lane.load)().saturating_add(lane.held.len()));
        let better = if busy(second) < busy(first) { second } else { first };
        // The better of two may be one that does not answer, and be the worse of it, while another has nothing to do.
        let better = if busy(better) == Some(0) {
            better
        } else {
            (0..count).map(|step| (first + step) % count).find(|place| busy(*place) == Some(0)).unwrap_or(better)
        };
        at(better).map(|(index, _)| *index)
    }

    /// A call behind others is committed to its lane, so that is done only behind a short time's worth of known work, and not
    /// if the running call has turned out to take longer.
    fn has_room(lane: &Lane, idempotent: bool, now: Instant) -> bool {
        let Traits { stop, prefetch, .. } = lane.traits;
        // Where a neighbour's cancellation stops the lane, a call behind it may have begun while the neighbour's reply is still on
        // its way, and is then begun again elsewhere. Not every task may be.
        let safe = idempotent || stop != Stop::Terminate;
        let short = lane.backlog <= lane.ahead && now.nanos_since(lane.since) <= lane.ahead;
        lane.held.is_empty() || lane.held.len() < prefetch && safe && short
    }

    pub(super) fn hold(&mut self, lane: usize, id: u64, task: u32, now: Instant) {
        let known = usize::try_from(task).ok().and_then(|task| *self.service.get(task)?);
        if let Some(lane) = self.all.get_mut(lane) {
            if lane.held.is_empty() {
                lane.since = now;
            }
            let service = known.unwrap_or(UNKNOWN);
            lane.backlog = lane.backlog.saturating_add(service);
            lane.held.push_back((id, service));
        }
    }

    /// The call that runs on the lane.
    pub(super) fn running(&self, lane: usize) -> Option<u64> {
        self.all.get(lane)?.held.front().map(|(id, _)| *id)
    }

    /// When the call that runs on the lane can have begun.
    pub(super) fn since(&self, lane: usize) -> Instant {
        self.all.get(lane).map_or(Instant::from_micros(u64::MAX), |lane| lane.since)
    }

    /// The call that ran before is lost, so that the next can begin now.
    pub(super) fn begin(&mut self, lane: usize, now: Instant) {
        if let Some(lane) = self.all.get_mut(lane) {
            lane.since = now;
        }
    }

    /// The lane has let go of a call. True if it may be closed now.
    #[inline]
    pub(super) fn release(&mut self, lane: usize, id: u64) -> bool {
        let Some(lane) = self.all.get_mut(lane) else { return false };
        let gone = match lane.held.iter().position(|(held, _)| *held == id) {
            // Nearly always, and several times as fast as to take one out of the middle.
            Some(0) => lane.held.pop_front(),
            at => at.and_then(|at| lane.held.remove(at)),
        };
        lane.backlog = lane.backlog.saturating_sub(gone.map_or(0, |(_, service)| service));
        lane.retired && !lane.closed && lane.retire()
    }

    /// The lane has let go of everything; in the order it was sent.
    pub(super) fn release_all(&mut self, lane: usize) -> Vec<u64> {
        let held = self.all.get_mut(lane).map(|lane| {
            lane.backlog = 0;
            std::mem::take(&mut lane.held)
        });
        held.unwrap_or_default().into_iter().map(|(id, _)| id).collect()
    }

    /// Closes the lane if it is retired and has nothing left. True if it has to be closed now.
    pub(super) fn close_if_done(&mut self, lane: usize) -> bool {
        self.all.get_mut(lane).is_some_and(|lane| lane.retired && !lane.closed && lane.retire())
    }

    /// `count` replies came together: how many nanoseconds each of them kept the lane, as seen from here.
    pub(super) fn took(&mut self, lane: usize, count: usize, now: Instant) -> u64 {
        let Some(lane) = self.all.get_mut(lane) else { return 0 };
        let took = now.nanos_since(lane.since) / u64::try_from(count).unwrap_or(u64::MAX).max(1);
        lane.since = now;
        lane.failures = 0;
        lane.works = true;
        took
    }

    /// Learns how many nanoseconds `task` takes. Falls quickly, since the first reply of a lane includes its start, and rises slowly.
    pub(super) fn learn(&mut self, task: u32, took: u64) {
        let Ok(task) = usize::try_from(task) else { return };
        if self.service.len() <= task {
            self.service.resize(task + 1, None);
        }
        if let Some(service) = self.service.get_mut(task) {
            *service = Some(match *service {
                Some(known) if took < known => (known + took) / 2,
                Some(known) => (known * 7 + took) / 8,
                None => took,
            });
        }
    }
}

impl Lane {
    fn is_up(&self, now: Instant) -> bool {
        !self.retired && self.down_until.is_none_or(|until| until <= now)
    }

    /// Out of service. True if it held nothing, and so is closed with this.
    fn retire(&mut self) -> bool {
        self.retired = true;
        self.closed = self.held.is_empty();
        self.closed
    }
}
