//! A lane that is a thread. It is started with its first call and ends after some idle time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::now;
use crate::error::Error;
use crate::lane::{Events, Lane, Loss, Stop, Traits};
use crate::serve::serve;
use crate::task::{Report, Tasks};
use crate::wire::{Call, Progress, Reply};

/// An idle thread costs only memory; ten seconds keep it for the next burst.
const IDLE: Duration = Duration::from_secs(10);

pub(crate) struct Thread(Arc<Shared>);

struct Shared {
    tasks: &'static Tasks,
    events: Events,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: VecDeque<Arc<Call>>,
    running: Option<(u64, Arc<AtomicBool>)>,
    alive: bool,
    closed: bool,
}

impl Thread {
    pub(crate) fn new(tasks: &'static Tasks, events: Events) -> Self {
        Self(Arc::new(Shared { tasks, events, state: Mutex::default(), changed: Condvar::new() }))
    }

    fn start(&self, state: &mut State) -> std::io::Result<()> {
        let shared = self.0.clone();
        let name = format!("offloop-{}", shared.events.lane());
        thread::Builder::new().name(name).spawn(move || shared.run())?;
        state.alive = true;
        Ok(())
    }
}

impl Lane for Thread {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false }
    }

    fn send(&self, call: Arc<Call>) {
        let mut state = self.0.lock();
        state.calls.push_back(call);
        if state.alive {
            drop(state);
            self.0.changed.notify_one();
        } else if let Err(error) = self.start(&mut state) {
            state.calls.clear();
            drop(state);
            self.0
                .events
                .down(Error::Lost { cause: format!("no thread could be started: {error}") }, Loss::NeverStarted);
        }
    }

    fn cancel(&self, id: u64) {
        let mut state = self.0.lock();
        match &state.running {
            Some((running, cancelled)) if *running == id => cancelled.store(true, Relaxed),
            _ => {
                let count = state.calls.len();
                state.calls.retain(|call| call.id != id);
                let removed = state.calls.len() < count;
                drop(state);
                if removed {
                    let reply = Reply { id, busy: Duration::ZERO, result: Err(Error::Cancelled) };
                    self.0.events.reply(vec![reply]);
                }
            }
        }
    }

    fn warm(&self) {
        let mut state = self.0.lock();
        if !state.alive && !state.closed {
            // A failure shows again, and is reported, with the first call.
            let _ = self.start(&mut state);
        }
    }

    fn close(&self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.calls.clear();
        if let Some((_, cancelled)) = &state.running {
            cancelled.store(true, Relaxed);
        }
        drop(state);
        self.0.changed.notify_one();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        while let Some((call, cancelled)) = self.next() {
            let report = Reporter { id: call.id, events: &self.events, cancelled: &cancelled };
            // The executor keeps the call too, to send it again if need be; cloning it is cheap but for its plain bytes.
            let reply = serve(self.tasks, Call::clone(&call), &report, now);
            drop(call);
            self.lock().running = None;
            self.events.reply(vec![reply]);
        }
    }

    /// The next call, or `None` when the thread is to end.
    fn next(&self) -> Option<(Arc<Call>, Arc<AtomicBool>)> {
        let mut state = self.lock();
        loop {
            if let Some(call) = state.calls.pop_front() {
                let cancelled = Arc::new(AtomicBool::new(false));
                state.running = Some((call.id, cancelled.clone()));
                return Some((call, cancelled));
            }
            if !state.closed {
                let woken = self.changed.wait_timeout(state, IDLE);
                let (guard, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
                state = guard;
                if !timeout.timed_out() || !state.calls.is_empty() {
                    continue;
                }
            }
            state.alive = false;
            return None;
        }
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
