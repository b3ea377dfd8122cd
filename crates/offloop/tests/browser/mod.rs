//! What Web Worker lanes promise; the same in a page and in a worker.

mod calls;
mod cancel;
mod closing;
mod crash;
mod idle;
pub(crate) mod liars;
mod messages;
mod shared;
mod skew;
mod spawn;
mod start;
pub(crate) mod tasks;
pub(crate) mod watch;
mod yields;

use std::time::Duration;

use futures_util::future::join_all;
use offloop::{Executor, Options, WorkerOptions};

use tasks::{TASKS, double, spin};

/// A pool of this many lanes.
pub(crate) fn pool(lanes: usize) -> Executor {
    pool_with(lanes, WorkerOptions::default())
}

pub(crate) fn pool_with(lanes: usize, workers: WorkerOptions) -> Executor {
    Executor::web_workers(&TASKS, Options::default().lanes(lanes), workers).unwrap()
}

/// A pool of one lane whose worker is up.
async fn one_lane() -> Executor {
    let pool = pool(1);
    assert_eq!(pool.run(double, 1).await, Ok(2));
    pool
}

/// The same, known to give its calls several at a time, so that those of one turn travel in one message, and short ones wait
/// behind each other at the worker.
async fn pool_used_to_many() -> Executor {
    let pool = one_lane().await;
    for _ in 0..5 {
        assert!(join_all((0..8).map(|_| pool.run(spin, 0))).await.iter().all(Result::is_ok));
    }
    pool
}

/// Whatever the test is about must happen well within this.
pub(crate) const SOON: Duration = Duration::from_secs(5);
