//! All alarms of the process wait in one thread, which is started with the first of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::{io, thread};

use super::no_thread;
use crate::error::Error;
use crate::instant::{Instant, micros};

pub(super) type Callback = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Alarms {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// There is the thread. Once started it never ends.
    runs: bool,
    next: u64,
    callbacks: BTreeMap<(Instant, u64), Callback>,
}

/// An alarm that is set; dropping it calls it off.
pub(crate) struct Alarm {
    key: (Instant, u64),
    refusal: Option<Error>,
}

pub(crate) fn now() -> Instant {
    static ORIGIN: OnceLock<std::time::Instant> = OnceLock::new();
    // One second in, so that differences to moments before the first look do not all collapse to zero.
    let elapsed = ORIGIN.get_or_init(std::time::Instant::now).elapsed();
    // Cut to whole microseconds, not rounded up: what has not passed must not count.
    Instant::from_micros(1_000_000 + micros(elapsed))
}

/// Calls back at or after `when`, once, in another thread. The callback must be short.
pub(crate) fn alarm(when: Instant, callback: Callback) -> Alarm {
    let alarms = alarms();
    let mut waiting = alarms.lock();
    if !waiting.runs
        && let Err(error) = alarms.start()
    {
        return Alarm::refused(no_thread("for timers", &error));
    }
    waiting.runs = true;
    waiting.next += 1;
    let key = (when, waiting.next);
    waiting.callbacks.insert(key, callback);
    if waiting.callbacks.first_key_value().is_some_and(|(first, _)| *first == key) {
        alarms.changed.notify_one();
    }
    Alarm { key, refusal: None }
}

impl Alarm {
    /// One that will not ring.
    pub(super) fn refused(error: Error) -> Self {
        Self { key: (Instant::from_micros(0), 0), refusal: Some(error) }
    }

    /// Why it will not ring: there is no thread to wait for it, and none can be started.
    pub(crate) fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let callback = alarms().lock().callbacks.remove(&self.key);
        // Its own drop may run foreign code, so not under the lock.
        drop(callback);
    }
}

impl Alarms {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&'static self) -> io::Result<()> {
        thread::Builder::new().name("offloop-timer".to_owned()).spawn(|| self.run()).map(drop)
    }

    fn run(&self) {
        let mut waiting = self.lock();
        loop {
            let time = now();
            let Some(entry) = waiting.callbacks.first_entry() else {
                waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let when = entry.key().0;
            if when <= time {
                let callback = entry.remove();
                drop(waiting);
                callback();
                drop(callback);
                waiting = self.lock();
            } else {
                let woken = self.changed.wait_timeout(waiting, when - time);
                waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

fn alarms() -> &'static Alarms {
    static ALARMS: OnceLock<Alarms> = OnceLock::new();
    ALARMS.get_or_init(Alarms::default)
}
