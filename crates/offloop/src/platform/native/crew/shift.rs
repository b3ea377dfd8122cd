//! What a thread does from its start to its end.

use std::hint::spin_loop;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::pace::{PORTION, SHORT};
use super::{Crew, Own, State, Waiting};
use crate::instant::Instant;
use crate::lane::Events;
use crate::platform::native::{now, parallelism};
use crate::serve::serve_kept;
use crate::task::Report;
use crate::wire::{Progress, Reply};

/// An idle thread costs only memory; ten seconds keep it for the next burst.
const IDLE: Duration = Duration::from_secs(10);
/// How long to look for calls before sleeping, if that would have sufficed the last time: about as long as the system takes to put a thread
/// to sleep and to wake it. Longer takes the processor from callers.
const LOOK: Duration = Duration::from_micros(10);
/// How long to look for one more call before a few are run or replies are given, if calls come one right after the other.
const LINGER: Duration = Duration::from_micros(2);
/// How many calls are taken at once at most, and how many are worth beginning with.
const MOST: usize = 16;
const ENOUGH: usize = 8;
/// How long a reply may be held.
const LONGEST: Duration = Duration::from_micros(50);

pub(super) struct Shift<'a> {
    crew: &'a Crew,
    place: usize,
    own: Arc<Own>,
    /// Replies on their way.
    replies: Vec<(usize, Reply)>,
    /// How long calls took, by task.
    took: Vec<(u32, Duration)>,
    events: Option<Events>,
    /// When the last call ended, or the thread last looked at the clock since.
    time: Instant,
    /// When the first of the held replies was.
    since: Instant,
    /// Calls have come so soon after each other that looking would have been better than sleeping.
    eager: bool,
    /// Calls come one right after the other.
    flow: bool,
}

impl<'a> Shift<'a> {
    pub(super) fn new(crew: &'a Crew, place: usize, own: Arc<Own>) -> Self {
        let time = now();
        // Room for one call, which is all that many threads ever have at once: a vector by itself begins with room for four. Made in this
        // thread, for which the allocator has a few kilobytes in any case.
        let (replies, took, events) = (Vec::with_capacity(1), Vec::with_capacity(1), None);
        let mut load = own.lock();
        load.calls.reserve_exact(1);
        load.replies.reserve_exact(1);
        drop(load);
        Self { crew, place, own, replies, took, events, time, since: time, eager: false, flow: false }
    }

    pub(super) fn run(mut self) {
        let mut state = self.crew.lock();
        state.starting -= 1;
        self.events = state.events.clone();
        loop {
            if state.threads > state.lanes {
                return self.end(state);
            }
            if self.flow && state.calls.len() < ENOUGH {
                state = self.gather(state);
            }
            if !state.calls.is_empty() {
                state = self.work(state);
            } else if !self.replies.is_empty() {
                self.leave(&mut state, true);
                drop(state);
                self.give();
                state = self.back();
                self.flow = !state.calls.is_empty();
            } else {
                match self.idle(state) {
                    Some(woken) => state = woken,
                    None => return,
                }
            }
        }
    }

    /// Takes the next calls, one or a few short ones, and runs them. Leaves the last replies to be given.
    fn work(&mut self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.take(&mut state);
        let tell = !state.calls.is_empty() && self.crew.cover(&mut state).unwrap_or(false);
        drop(state);
        self.crew.tell(tell);
        self.give();
        let mut last = None;
        loop {
            let Some(Waiting { call, lane, .. }) = self.next(last) else { return self.back() };
            // Before the call: it may turn out to be long, and here the guard does not reach them.
            self.give();
            let reporter = Reporter { id: call.id, events: self.events.as_ref(), lane, own: &self.own };
            let reply = serve_kept(self.crew.tasks, &call, &reporter, self.time, now);
            self.time = self.time + reply.busy;
            self.took.push((call.task, reply.busy));
            last = Some((lane, reply));
        }
    }

    /// Takes calls out of the queue.
    pub(super) fn take(&mut self, state: &mut State) {
        let mut load = self.own.lock();
        let (mut sum, mut short) = (0, true);
        while let Some(waiting) = state.calls.front() {
            let fits = waiting.expected < SHORT && sum + waiting.expected <= PORTION && load.calls.len() < MOST;
            if !load.calls.is_empty() && !fits {
                break;
            }
            short = waiting.expected < SHORT;
            sum += waiting.weight();
            load.calls.extend(state.calls.pop_front());
            if !short {
                break;
            }
        }
        state.backlog -= sum;
        self.crew.waiting.0.store(state.calls.len(), Relaxed);
        let several = load.calls.len() > 1;
        drop(load);
        self.leave(state, short);
        if several && !self.crew.watch(state) {
            self.put_back(state);
        }
    }

    /// Nobody would look after what waits for the first of the calls that were taken.
    fn put_back(&self, state: &mut State) {
        let mut load = self.own.lock();
        for waiting in load.calls.drain(1..).rev() {
            state.backlog += waiting.weight();
            state.calls.push_front(waiting);
        }
        self.crew.waiting.0.store(state.calls.len(), Relaxed);
    }

    /// Takes in the reply of the last call, and gives the next one of those that were taken.
    fn next(&mut self, last: Option<(usize, Reply)>) -> Option<Waiting> {
        let mut load = self.own.lock();
        if let Some((lane, reply)) = last {
            if load.replies.is_empty() {
                self.since = self.time - reply.busy;
            }
            load.replies.push((lane, reply));
        }
        let next = load.calls.pop_front();
        load.running = next.as_ref().map(|waiting| (waiting.call.id, waiting.lane));
        load.begun += 1;
        if next.is_none() || self.time - self.since >= LONGEST {
            std::mem::swap(&mut load.replies, &mut self.replies);
        }
        self.own.cancelled.store(false, Relaxed);
        next
    }

    /// Waits for calls. `None` if the thread is to end.
    fn idle(&mut self, mut state: MutexGuard<'a, State>) -> Option<MutexGuard<'a, State>> {
        self.time = now();
        let start = self.time;
        if self.eager {
            state = self.look(state, |waiting, time| waiting > 0 || time >= start + LOOK);
            if !state.calls.is_empty() {
                self.flow = self.time - start < LINGER;
                return Some(state);
            }
        }
        state.idle += 1;
        let woken = self.crew.changed.wait_timeout(state, IDLE);
        let (mut state, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
        self.time = now();
        self.eager = self.time - start < LOOK;
        if state.told > 0 {
            state.told -= 1;
            return Some(state);
        }
        // Nobody told it: the time is over, a lane was closed, or another thread was quicker.
        state.idle -= 1;
        if timeout.timed_out() && state.calls.is_empty() {
            self.end(state);
            return None;
        }
        Some(state)
    }

    /// Waits until there are enough calls to be worth it, or no more come.
    fn gather(&mut self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let (mut seen, mut last) = (state.calls.len(), self.time);
        let state = self.look(state, |waiting, time| {
            if waiting != seen {
                (seen, last) = (waiting, time);
            }
            waiting >= ENOUGH || time >= last + LINGER
        });
        self.flow = !state.calls.is_empty();
        state
    }

    /// Looks how many calls wait, and at the time, until that is enough. Does not sleep. Unless another thread looks already.
    fn look(
        &mut self,
        mut state: MutexGuard<'a, State>,
        mut enough: impl FnMut(usize, Instant) -> bool,
    ) -> MutexGuard<'a, State> {
        if state.looking || !is_beside_others() {
            return state;
        }
        state.looking = true;
        drop(state);
        // Without yielding to other threads: that was measured to slow all of them down, by a factor of up to three.
        while !enough(self.crew.waiting.0.load(Relaxed), self.time) {
            (0..8).for_each(|_| spin_loop());
            self.time = now();
        }
        let mut state = self.crew.lock();
        state.looking = false;
        state
    }

    fn end(&mut self, mut state: MutexGuard<'a, State>) {
        state.threads -= 1;
        if let Some(place) = state.crew.get_mut(self.place) {
            *place = None;
        }
        drop(state);
        self.give();
    }

    /// Tells whether the thread will be back in no time.
    fn leave(&self, state: &mut State, brief: bool) {
        if let Some(member) = state.crew.get_mut(self.place).and_then(Option::as_mut) {
            member.brief = brief;
            state.brief += usize::from(brief);
        }
    }

    fn back(&mut self) -> MutexGuard<'a, State> {
        let mut state = self.crew.lock();
        if let Some(member) = state.crew.get_mut(self.place).and_then(Option::as_mut) {
            let brief = std::mem::take(&mut member.brief);
            state.brief -= usize::from(brief);
        }
        for (task, took) in self.took.drain(..) {
            state.pace.learn(task, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
        state
    }

    fn give(&mut self) {
        if let Some(events) = self.events.as_ref().filter(|_| !self.replies.is_empty()) {
            events.reply_all(&mut self.replies);
            self.time = now();
        }
    }
}

/// Whether another thread can run while one looks for calls.
fn is_beside_others() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| parallelism() > 1)
}

struct Reporter<'a> {
    id: u64,
    events: Option<&'a Events>,
    lane: usize,
    own: &'a Own,
}

impl Report for Reporter<'_> {
    fn progress(&self, done: u64, total: u64) {
        if let Some(events) = self.events {
            events.on(self.lane).progress(Progress { id: self.id, done, total });
        }
    }

    fn is_cancelled(&self) -> bool {
        self.own.cancelled.load(Relaxed)
    }
}
