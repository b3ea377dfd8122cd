//! The threads of one executor. They take calls from one queue, so that none idles while a call waits, whichever lane holds it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::now;
use crate::lane::Events;
use crate::serve::serve;
use crate::task::{Report, Tasks};
use crate::wire::{Call, Progress};

/// An idle thread costs only memory; ten seconds keep it for the next burst.
const IDLE: Duration = Duration::from_secs(10);

pub(super) struct Crew {
    tasks: &'static Tasks,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Oldest first, with where each reports to.
    calls: VecDeque<(Arc<Call>, Events)>,
    running: Vec<Running>,
    /// Lanes in service: as many threads may run.
    lanes: usize,
    threads: usize,
    /// Threads that wait and have not been told to go on.
    idle: usize,
    /// Threads that have been told and not gone on yet.
    told: usize,
}

struct Running {
    id: u64,
    lane: usize,
    cancelled: Arc<AtomicBool>,
}

impl Crew {
    pub(super) fn new(tasks: &'static Tasks) -> Self {
        Self { tasks, state: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn join(&self) {
        self.lock().lanes += 1;
    }

    /// A lane is closed: its calls are dropped or told so, and a thread may end.
    pub(super) fn leave(&self, lane: usize) {
        let mut state = self.lock();
        state.lanes = state.lanes.saturating_sub(1);
        state.calls.retain(|(_, events)| events.lane() != lane);
        state.running.iter().filter(|running| running.lane == lane).for_each(Running::cancel);
        drop(state);
        self.changed.notify_all();
    }

    /// Takes a call; fails if there is no thread to run it and none can be started.
    pub(super) fn take(self: &Arc<Self>, call: Arc<Call>, events: &Events) -> std::io::Result<()> {
        let mut state = self.lock();
        if state.idle > 0 {
            state.idle -= 1;
            state.told += 1;
            state.calls.push_back((call, events.clone()));
            drop(state);
            self.changed.notify_one();
            return Ok(());
        }
        let started = self.start(&mut state);
        // Others will come to it.
        if started.is_ok() || state.threads > 0 {
            state.calls.push_back((call, events.clone()));
            return Ok(());
        }
        started
    }

    /// Starts a thread if there may be one more.
    pub(super) fn warm(self: &Arc<Self>) {
        // A failure shows again, and is reported, with the first call.
        let _ = self.start(&mut self.lock());
    }

    fn start(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        if state.threads < state.lanes {
            let crew = self.clone();
            thread::Builder::new().name(format!("offloop-{}", state.threads)).spawn(move || crew.run())?;
            state.threads += 1;
        }
        Ok(())
    }

    /// Whether the call had not begun, and is dropped now; if it runs, its task is told.
    pub(super) fn cancel(&self, id: u64) -> bool {
        let mut state = self.lock();
        if let Some(running) = state.running.iter().find(|running| running.id == id) {
            running.cancel();
            return false;
        }
        let at = state.calls.iter().position(|(call, _)| call.id == id);
        at.and_then(|at| state.calls.remove(at)).is_some()
    }

    fn run(&self) {
        let cancelled = Arc::new(AtomicBool::new(false));
        let mut last = None;
        while let Some((call, events)) = self.next(last, &cancelled) {
            let id = call.id;
            let report = Reporter { id, events: &events, cancelled: &cancelled };
            // The executor keeps the call too, to send it again if need be; cloning it is cheap but for its plain bytes.
            let reply = serve(self.tasks, Call::clone(&call), &report, now);
            drop(call);
            events.reply(vec![reply]);
            last = Some(id);
        }
    }

    /// The next call, or `None` when the thread is to end. `last` is the one that it ran before.
    fn next(&self, last: Option<u64>, cancelled: &Arc<AtomicBool>) -> Option<(Arc<Call>, Events)> {
        let mut state = self.lock();
        if let Some(at) = state.running.iter().position(|running| Some(running.id) == last) {
            state.running.swap_remove(at);
        }
        loop {
            if state.threads > state.lanes {
                state.threads -= 1;
                return None;
            }
            if let Some((call, events)) = state.calls.pop_front() {
                cancelled.store(false, Relaxed);
                state.running.push(Running { id: call.id, lane: events.lane(), cancelled: cancelled.clone() });
                return Some((call, events));
            }
            state.idle += 1;
            let (woken, timeout) = self.changed.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if state.told > 0 {
                state.told -= 1;
                continue;
            }
            // Nobody told it: the time is over, a lane was closed, or another thread was quicker.
            state.idle -= 1;
            if timeout.timed_out() && state.calls.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }
}

impl Running {
    fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }
}

struct Reporter<'a> {
    id: u64,
    events: &'a Events,
    cancelled: &'a AtomicBool,
}

impl Report for Reporter<'_> {
    fn progress(&self, done: u64, total: u64) {
        self.events.progress(Progress { id: self.id, done, total });
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }
}
