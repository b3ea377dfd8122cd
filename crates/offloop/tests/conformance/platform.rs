//! Where promises are kept.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use offloop::{Executor, Options};

use crate::tasks::TASKS;

/// A kind of lanes.
pub(crate) struct Platform {
    /// An executor with this many lanes, or one if the platform has no more.
    pub(crate) pool: fn(usize, Options) -> Executor,
    /// Whether jobs run beside the caller. If not, they are done when `submit` returns.
    pub(crate) is_parallel: bool,
}

impl Platform {
    pub(crate) fn pool(&self, lanes: usize) -> Executor {
        (self.pool)(lanes, Options::default())
    }
}

pub(crate) static THREADS: Platform =
    Platform { pool: |lanes, options| Executor::threads(&TASKS, options.lanes(lanes)), is_parallel: true };

pub(crate) static INLINE: Platform =
    Platform { pool: |_, options| Executor::inline(&TASKS, options), is_parallel: false };

/// Runs a promise to its end, and fails instead of waiting for ever.
pub(crate) fn keep<F: Future<Output = ()>>(promise: impl FnOnce() -> F + Send + 'static) {
    let (done, ended) = channel();
    let runner = thread::spawn(move || {
        block_on(promise());
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(60)) {
        Ok(()) => runner.join().unwrap(),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(runner.join().unwrap_err()),
        Err(RecvTimeoutError::Timeout) => panic!("somebody waits for ever"),
    }
}

/// Tests the promises on each platform of this target.
macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod threads {
            $(#[test] fn $promise() { crate::platform::keep(|| super::$promise(&crate::platform::THREADS)); })*
        }
        mod inline {
            $(#[test] fn $promise() { crate::platform::keep(|| super::$promise(&crate::platform::INLINE)); })*
        }
    };
}
