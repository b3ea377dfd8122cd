//! How the requests of one isolate share its lanes.
//!
//! A lane serves in order of arrival. So whoever has few and short parts there at a time takes turns with everybody else, whatever each has left:
//! split work sends fewer and shorter parts the more requests have some, and work that cannot be split waits here until lanes are free for it.
//! At the edge a client that closes its connection is not noticed while its answer is computed; this bounds what it costs the others.
//!
//! Only numbers are shared between requests: at the edge none may wake another, so those who wait look again from time to time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use offloop::{Error, Instant, now, sleep};
use serde::Serialize;

use super::Shared;
use super::problem::Problem;

/// The lane time that a round of parts may take, one of each request that has some: what a newcomer waits for, divided by the number of lanes.
const ROUND: Duration = Duration::from_millis(500);

/// The longest part of a computation that would else need more parts than it may have.
const LONGEST: Duration = Duration::from_millis(100);

/// Work for each lane that cannot be split may be sent up to this; a lane that is free may have any.
const AHEAD: Duration = Duration::from_millis(100);

/// How long to wait before looking again, for each place in the line. The head looks twice in the time that a thumbnail takes at least.
const LOOK: Duration = Duration::from_millis(2);

/// Those far behind look this often.
const LOOK_MOST: Duration = Duration::from_millis(50);

/// How many times as long as it should a job may keep others waiting, and how long in any case.
const OVERDUE: u32 = 4;
const LEAST_OVERDUE: Duration = Duration::from_millis(500);

/// By how much the estimate may be too low: so much work is let in, as far as nobody else waits for it.
const MARGIN: u32 = 2;

/// What lanes have to do, and for how many.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Requests with split work.
    sharing: AtomicUsize,
    /// What they have left, in microseconds of lane time.
    left: AtomicU64,
    line: Mutex<Line>,
}

/// Work that cannot be split.
#[derive(Debug, Default)]
struct Line {
    next: u64,
    /// Who waits, in order of arrival, and how long each will take.
    waiting: VecDeque<(u64, Duration)>,
    /// Who is at a lane.
    running: Vec<Running>,
}

/// A job at a lane.
#[derive(Debug, Clone, Copy)]
struct Running {
    ticket: u64,
    /// How long it should take.
    time: Duration,
    since: Instant,
}

impl Line {
    fn ticket(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Stops waiting.
    fn leave(&mut self, ticket: u64) {
        self.waiting.retain(|(other, _)| *other != ticket);
    }

    /// How many are at lanes, and how long they take all together. Nobody waits for one that is overdue: its lane may stand still.
    fn busy(&self) -> (usize, Duration) {
        let now = now();
        let in_time =
            self.running.iter().filter(|job| now - job.since < job.time.saturating_mul(OVERDUE).max(LEAST_OVERDUE));
        in_time.fold((0, Duration::ZERO), |(count, time), job| (count + 1, time + job.time))
    }

    /// Lane time that all of them take.
    fn time(&self) -> Duration {
        self.busy().1 + self.waiting.iter().map(|(_, time)| *time).sum::<Duration>()
    }
}

/// The figures for `GET /stats`.
#[derive(Serialize)]
pub(super) struct Shares {
    /// Requests whose work is split.
    sharing: usize,
    /// Jobs that wait for lanes to be free for them.
    waiting: usize,
    /// What all of them have left, in seconds of lane time, as far as is known.
    left_s: f64,
}

impl Turns {
    /// How long one part should take, if there are enough of them.
    pub(super) fn part(&self, wanted: Duration) -> Duration {
        self.round().clamp(wanted / 4, wanted)
    }

    /// How long one part may take.
    pub(super) fn longest(&self, wanted: Duration) -> Duration {
        self.round().clamp(wanted / 4, wanted.max(LONGEST))
    }

    fn round(&self) -> Duration {
        ROUND / u32::try_from(self.sharing.load(Relaxed)).unwrap_or(u32::MAX).max(1)
    }

    /// How many parts a request may have at the lanes: two at each if nobody else has any, so that none waits for the next.
    pub(super) fn window(&self, lanes: usize) -> usize {
        (2 * lanes / self.sharing.load(Relaxed).max(1)).max(1)
    }

    /// Lane time that others use before work of this length is done.
    fn before(&self, own: Duration) -> Duration {
        let sharing = u32::try_from(self.sharing.load(Relaxed)).unwrap_or(u32::MAX);
        let theirs = Duration::from_micros(self.left.load(Relaxed));
        let line = self.line();
        theirs.min(own.saturating_mul(sharing)) + line.time()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shares(&self) -> Shares {
        let line = self.line();
        let left = Duration::from_micros(self.left.load(Relaxed)) + line.time();
        Shares { sharing: self.sharing.load(Relaxed), waiting: line.waiting.len(), left_s: left.as_secs_f64() }
    }
}

/// Refuses work that takes so much lane time if it cannot be done before the deadline.
pub(super) fn admit(shared: &Shared, own: Duration, lanes: usize, deadline: Instant) -> Result<(), Problem> {
    let lanes = u32::try_from(shared.threads(lanes)).unwrap_or(u32::MAX);
    let time = deadline - now();
    if own / lanes > time.saturating_mul(MARGIN) {
        return Err(Problem::too_long(own / lanes, time));
    }
    let before = shared.turns.before(own);
    if !before.is_zero() && (own + before) / lanes > time {
        let wait = ((own + before) / lanes).saturating_sub(time).as_secs().clamp(1, 60);
        return Err(Problem::busy(
            "others have work for the lanes, too much for this to be done in time".to_owned(),
            wait,
        ));
    }
    Ok(())
}

/// A request with split work.
pub(super) struct Sharing {
    shared: Arc<Shared>,
    left: u64,
}

impl Sharing {
    pub(super) fn new(shared: Arc<Shared>, work: Duration) -> Self {
        shared.turns.sharing.fetch_add(1, Relaxed);
        let mut sharing = Self { shared, left: 0 };
        sharing.set_left(work);
        sharing
    }

    pub(super) fn set_left(&mut self, work: Duration) {
        let left = u64::try_from(work.as_micros()).unwrap_or(u64::MAX / 1024);
        let all = &self.shared.turns.left;
        all.fetch_add(left, Relaxed);
        all.fetch_sub(std::mem::replace(&mut self.left, left), Relaxed);
    }
}

impl Drop for Sharing {
    fn drop(&mut self) {
        self.set_left(Duration::ZERO);
        self.shared.turns.sharing.fetch_sub(1, Relaxed);
    }
}

/// A job at a lane, or in the line for one.
pub(super) struct Turn {
    shared: Arc<Shared>,
    time: Duration,
    place: Place,
}

enum Place {
    Nowhere,
    /// Waits, with this ticket.
    Line(u64),
    /// Runs, with this ticket.
    Lane(u64),
}

impl Turn {
    /// Waits until lanes are free for work that cannot be split and takes about this long.
    ///
    /// # Errors
    ///
    /// The line is full, or it is so long that the deadline would pass.
    pub(super) async fn take(
        shared: &Arc<Shared>,
        time: Duration,
        lanes: usize,
        deadline: Instant,
    ) -> Result<Self, Problem> {
        let threads = shared.threads(lanes);
        let mut turn = Self { shared: Arc::clone(shared), time, place: Place::Nowhere };
        if turn.may_go(threads) {
            return Ok(turn);
        }
        admit(shared, time, lanes, deadline)?;
        turn.line_up()?;
        loop {
            let rounds = u32::try_from(turn.ahead() / threads).unwrap_or(u32::MAX);
            let pause = LOOK.saturating_mul(rounds).clamp(LOOK, LOOK_MOST);
            sleep(pause.min(deadline - now())).await;
            if now() >= deadline {
                return Err(Error::TimedOut.into());
            }
            if turn.may_go(threads) {
                return Ok(turn);
            }
        }
    }

    /// Goes if it can: what is short is not worth waiting, and what is longer goes as long as lanes are free for it and nobody is before it.
    fn may_go(&mut self, threads: usize) -> bool {
        let ahead = AHEAD.saturating_mul(u32::try_from(threads).unwrap_or(u32::MAX));
        let mut line = self.shared.turns.line();
        let ticket = if let Place::Line(ticket) = self.place { Some(ticket) } else { None };
        let first = line.waiting.front().is_none_or(|(first, _)| Some(*first) == ticket);
        let (running, time) = line.busy();
        let free = running < threads || time + self.time <= ahead;
        let goes = self.time <= self.shared.limits.part || first && free;
        if goes {
            let ticket = ticket.unwrap_or_else(|| line.ticket());
            line.leave(ticket);
            line.running.push(Running { ticket, time: self.time, since: now() });
            self.place = Place::Lane(ticket);
        }
        goes
    }

    fn line_up(&mut self) -> Result<(), Problem> {
        let mut line = self.shared.turns.line();
        if line.waiting.len() >= self.shared.limits.queue {
            return Err(Error::Full.into());
        }
        let ticket = line.ticket();
        line.waiting.push_back((ticket, self.time));
        self.place = Place::Line(ticket);
        Ok(())
    }

    /// How many wait before this one.
    fn ahead(&self) -> usize {
        let Place::Line(ticket) = self.place else { return 0 };
        self.shared.turns.line().waiting.partition_point(|(other, _)| *other < ticket)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut line = self.shared.turns.line();
        match self.place {
            Place::Nowhere => {}
            Place::Line(ticket) => line.leave(ticket),
            Place::Lane(ticket) => line.running.retain(|job| job.ticket != ticket),
        }
    }
}
