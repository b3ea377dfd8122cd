//! The threads of one executor. They take calls from one queue, so that none idles while a call waits, whichever lane holds it.
//!
//! To wake a thread takes the system longer than a trivial call takes, so that is avoided where it can be: a thread out of work
//! looks for more for a moment before it sleeps, and nobody is woken for calls that a running thread will come to sooner. Memory
//! that two threads write in turns is slow as well, so a thread takes a few short calls at once, and gives their replies together.
//! A [`guard`] sees to it that nothing waits for a call that turns out to be long.

mod guard;
mod pace;
mod shift;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use guard::Guard;
use pace::{Pace, SHIFT};
use shift::Shift;

use super::alarm::{Alarm, Callback, alarm};
use crate::apart::Apart;
use crate::instant::Instant;
use crate::lane::Events;
use crate::task::Tasks;
use crate::wire::{Call, Reply};

pub(super) struct Crew {
    tasks: &'static Tasks,
    state: Apart<Mutex<State>>,
    changed: Condvar,
    /// How many calls wait, for threads that look without the lock.
    waiting: Apart<AtomicUsize>,
    itself: Weak<Crew>,
    alarm: fn(Instant, Callback) -> Alarm,
}

#[derive(Default)]
struct State {
    /// Oldest first.
    calls: VecDeque<Waiting>,
    /// Nanoseconds that the waiting calls should take, none of them counted as more than a [`SHIFT`].
    backlog: u64,
    pace: Pace,
    /// One place for each thread, by which it is known.
    crew: Vec<Option<Member>>,
    /// Where replies go; the same for all lanes but for the lane's index. Set by the first that joins.
    events: Option<Events>,
    /// Lanes in service: as many threads may run.
    lanes: usize,
    threads: usize,
    /// Threads that wait and have not been told to go on.
    idle: usize,
    /// Threads that have been told and not gone on yet.
    told: usize,
    /// Threads that have been started and not looked for calls yet.
    starting: usize,
    /// A thread looks for calls without sleeping.
    looking: bool,
    /// Threads that will look for calls in no time, if the call that they run is as short as it should be.
    brief: usize,
    guard: Guard,
}

struct Waiting {
    call: Arc<Call>,
    lane: usize,
    /// Nanoseconds that it should take.
    expected: u64,
}

/// A thread.
#[derive(Default)]
struct Member {
    own: Arc<Own>,
    /// Counted in [`State::brief`].
    brief: bool,
    /// [`Load::begun`] when the guard last looked.
    seen: u64,
}

/// What only one thread uses, unless somebody has to take it away. Locked after [`State`], if both are.
#[derive(Default)]
struct Own {
    /// Whether nobody waits for the call that runs.
    cancelled: AtomicBool,
    load: Mutex<Load>,
}

#[derive(Default)]
struct Load {
    /// The call that runs, and for which lane.
    running: Option<(u64, usize)>,
    /// To run next, oldest first.
    calls: VecDeque<Waiting>,
    /// Replies that have not been given yet.
    replies: Vec<(usize, Reply)>,
    /// Calls begun so far.
    begun: u64,
}

impl Crew {
    pub(super) fn new(tasks: &'static Tasks) -> Arc<Self> {
        Self::with_alarm(tasks, alarm)
    }

    fn with_alarm(tasks: &'static Tasks, alarm: fn(Instant, Callback) -> Alarm) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            tasks,
            state: Apart::default(),
            changed: Condvar::new(),
            waiting: Apart(AtomicUsize::new(0)),
            itself: itself.clone(),
            alarm,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn join(&self, events: &Events) {
        let mut state = self.lock();
        state.lanes += 1;
        state.events.get_or_insert_with(|| events.clone());
    }

    /// A lane is closed: its calls are dropped or told so, and a thread may end.
    pub(super) fn leave(&self, lane: usize) {
        let mut state = self.lock();
        state.lanes = state.lanes.saturating_sub(1);
        self.remove(&mut state, |waiting| waiting.lane == lane);
        for member in state.crew.iter().flatten() {
            member.own.cancel(|_, of| of == lane);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Takes a call; whether a thread has to be told so. Fails if there is no thread to run it and none can be started.
    pub(super) fn take(&self, call: Arc<Call>, lane: usize) -> std::io::Result<bool> {
        let mut state = self.lock();
        let expected = state.pace.of(call.task);
        state.put(Waiting { call, lane, expected });
        self.waiting.0.store(state.calls.len(), Relaxed);
        let covered = self.cover(&mut state);
        if covered.is_err() {
            if let Some(waiting) = state.calls.pop_back() {
                state.backlog -= waiting.weight();
            }
            self.waiting.0.store(state.calls.len(), Relaxed);
        }
        covered
    }

    /// Sees to it that somebody comes to the calls that wait; whether a thread has to be told so. Fails if nobody will.
    fn cover(&self, state: &mut State) -> std::io::Result<bool> {
        let wanted = usize::try_from(state.backlog.div_ceil(SHIFT)).unwrap_or(usize::MAX);
        let coming = state.told + state.starting + usize::from(state.looking);
        if coming >= wanted || coming + state.brief >= wanted && self.watch(state) {
            return Ok(false);
        }
        if state.idle > 0 {
            state.idle -= 1;
            state.told += 1;
            return Ok(true);
        }
        let started = self.start(state);
        // Without it others will come to the calls, if there are any.
        if state.threads > 0 { Ok(false) } else { started.map(|()| false) }
    }

    pub(super) fn tell(&self, tell: bool) {
        if tell {
            self.changed.notify_one();
        }
    }

    /// Starts a thread if there may be one more.
    pub(super) fn warm(&self) {
        // A failure shows again, and is reported, with the first call.
        let _ = self.start(&mut self.lock());
    }

    fn start(&self, state: &mut State) -> std::io::Result<()> {
        let Some(crew) = self.itself.upgrade().filter(|_| state.threads < state.lanes) else { return Ok(()) };
        let place = state.crew.iter().position(Option::is_none).unwrap_or(state.crew.len());
        let member = Member::default();
        let own = member.own.clone();
        thread::Builder::new().name(format!("offloop-{place}")).spawn(move || Shift::new(&crew, place, own).run())?;
        match state.crew.get_mut(place) {
            Some(free) => *free = Some(member),
            None => state.crew.push(Some(member)),
        }
        state.threads += 1;
        state.starting += 1;
        Ok(())
    }

    /// Whether the call had not begun, and is dropped now; if it runs, its task is told.
    pub(super) fn cancel(&self, id: u64) -> bool {
        let mut state = self.lock();
        if state.crew.iter().flatten().any(|member| member.own.cancel(|running, _| running == id)) {
            return false;
        }
        self.remove(&mut state, |waiting| waiting.call.id == id)
    }

    /// Drops the calls that have not begun and are like that. Whether there were any.
    fn remove(&self, state: &mut State, is_such: impl Fn(&Waiting) -> bool) -> bool {
        let State { calls, backlog, crew, .. } = state;
        let mut found = false;
        calls.retain(|waiting| {
            let such = is_such(waiting);
            found |= such;
            *backlog -= if such { waiting.weight() } else { 0 };
            !such
        });
        self.waiting.0.store(calls.len(), Relaxed);
        for member in crew.iter().flatten() {
            member.own.lock().calls.retain(|waiting| {
                let such = is_such(waiting);
                found |= such;
                !such
            });
        }
        found
    }
}

impl State {
    fn put(&mut self, waiting: Waiting) {
        self.backlog += waiting.weight();
        self.calls.push_back(waiting);
    }
}

impl Waiting {
    fn weight(&self) -> u64 {
        self.expected.min(SHIFT)
    }
}

impl Own {
    fn lock(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the call that runs that nobody waits for it, if it is such a call. Whether it is.
    fn cancel(&self, is_such: impl Fn(u64, usize) -> bool) -> bool {
        let such = self.lock().running.is_some_and(|(id, lane)| is_such(id, lane));
        if such {
            self.cancelled.store(true, Relaxed);
        }
        such
    }
}
