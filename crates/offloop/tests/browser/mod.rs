//! What Web Worker lanes promise; the same in a page and in a worker.

mod calls;
mod cancel;
mod crash;
mod idle;
mod liars;
mod messages;
mod shared;
mod start;
pub(crate) mod tasks;
pub(crate) mod watch;

use std::time::Duration;

use offloop::{Executor, Options, WorkerOptions};

use tasks::{TASKS, double};

/// A pool of this many lanes.
pub(crate) fn pool(lanes: usize) -> Executor {
    pool_with(lanes, WorkerOptions::default())
}

fn pool_with(lanes: usize, workers: WorkerOptions) -> Executor {
    Executor::web_workers(&TASKS, Options::default().lanes(lanes), workers).unwrap()
}

/// A pool of one lane whose worker is up.
async fn one_lane() -> Executor {
    let pool = pool(1);
    assert_eq!(pool.run(double, 1).await, Ok(2));
    pool
}

/// Whatever the test is about must happen well within this.
pub(crate) const SOON: Duration = Duration::from_secs(5);
