//! All alarms of the process wait in one thread, which is started with the first of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use crate::instant::Instant;

type Callback = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Alarms {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    callbacks: BTreeMap<(Instant, u64), Callback>,
}

/// An alarm that is set; dropping it calls it off.
pub(crate) struct Alarm {
    key: (Instant, u64),
}

pub(crate) fn now() -> Instant {
    static ORIGIN: OnceLock<std::time::Instant> = OnceLock::new();
    // One second in, so that differences to moments before the first look do not all collapse to zero.
    let elapsed = ORIGIN.get_or_init(std::time::Instant::now).elapsed();
    Instant::from_micros(1_000_000) + elapsed
}

/// Calls back at or after `when`, once, in another thread. The callback must be short.
pub(crate) fn alarm(when: Instant, callback: Callback) -> Alarm {
    let alarms = alarms();
    let mut waiting = alarms.lock();
    waiting.next += 1;
    let key = (when, waiting.next);
    waiting.callbacks.insert(key, callback);
    if waiting.callbacks.first_key_value().is_some_and(|(first, _)| *first == key) {
        alarms.changed.notify_one();
    }
    Alarm { key }
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
    static ALARMS: OnceLock<&'static Alarms> = OnceLock::new();
    ALARMS.get_or_init(|| {
        let alarms: &'static Alarms = Box::leak(Box::default());
        // Without the thread no alarm would ever ring: better to fail here, where the system refused it.
        if let Err(error) = thread::Builder::new().name("offloop-timer".to_owned()).spawn(|| alarms.run()) {
            std::panic::panic_any(format!("no thread could be started for timers: {error}"));
        }
        alarms
    })
}
