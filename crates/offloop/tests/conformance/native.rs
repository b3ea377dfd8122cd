//! Threads, and the caller's own thread.

use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use offloop::Executor;

use crate::platform::{Abilities, Platform};
use crate::tasks::TASKS;

const ALL: Abilities =
    Abilities { beside: true, parallel: true, heard: true, told: true, apart: true, blur: 0.0, crashes: 50 };

pub(crate) fn threads() -> Platform {
    Platform::new(|lanes, options| Executor::threads(&TASKS, options.lanes(lanes)), ALL)
}

pub(crate) fn inline() -> Platform {
    let abilities = Abilities { beside: false, parallel: false, heard: false, told: false, ..ALL };
    Platform::new(|_, options| Executor::inline(&TASKS, options), abilities)
}

/// Keeps a promise to its end, and fails instead of waiting for ever.
pub(crate) fn keep(on: fn() -> Platform, instead: bool, promise: impl AsyncFnOnce(&Platform) + Send + 'static) {
    within_a_minute(move || {
        let on = on();
        block_on(promise(&on));
        on.was_kept_as_told(instead);
    });
}

pub(crate) fn within_a_minute(body: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let runner = thread::spawn(move || {
        body();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(60)) {
        Ok(()) => runner.join().unwrap(),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(runner.join().unwrap_err()),
        Err(RecvTimeoutError::Timeout) => panic!("somebody waits for ever"),
    }
}

/// What tasks have been seen to do, by the key that they were given.
static SEEN: Mutex<Vec<(u64, &str)>> = Mutex::new(Vec::new());

pub(crate) fn note(key: u64, what: &'static str) {
    SEEN.lock().unwrap().push((key, what));
}

/// How often a task with this key did this.
pub(crate) async fn seen(key: u64, what: &str) -> usize {
    SEEN.lock().unwrap().iter().filter(|entry| **entry == (key, what)).count()
}

/// A key that no other test uses.
pub(crate) fn key() -> u64 {
    static NEXT: Mutex<u64> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    *next += 1;
    *next
}

/// Computes for some milliseconds, as it were.
pub(crate) fn work(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

/// Ends once others have run: here, another thread.
pub(crate) async fn others_run() {
    offloop::sleep(Duration::from_millis(5)).await;
}

macro_rules! tests {
    ([$($everywhere:ident)*] [$($beside:ident)*] [$($parallel:ident)*] [$($heard:ident)*] [$($told:ident)*] [$($contained:ident)*] [$($apart:ident)*]) => {
        mod threads {
            each! { threads false [super] [$($everywhere)* $($beside)* $($parallel)* $($heard)* $($told)* $($contained)* $($apart)*] }
        }
        mod inline {
            each! { inline false [super] [$($everywhere)* $($contained)* $($apart)*] }
            mod instead {
                each! { inline true [super super] [$($beside)* $($parallel)* $($heard)* $($told)*] }
            }
        }
    };
}

macro_rules! each {
    ($on:ident $instead:literal $up:tt [$($promise:ident)*]) => { $(one! { $on $instead $up $promise })* };
}

macro_rules! one {
    ($on:ident $instead:literal [$($up:tt)+] $promise:ident) => {
        #[test]
        fn $promise() {
            crate::here::keep(crate::here::$on, $instead, $($up::)+$promise);
        }
    };
}
