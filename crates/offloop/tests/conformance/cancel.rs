//! Cancelling, by `cancel` or by dropping: a job that waits never starts, one that runs is told.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::poll_immediate;
use offloop::{Error, Executor, sleep};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    a_queued_job_that_is_cancelled_never_starts, a_queued_job_whose_handle_is_dropped_never_starts,
    a_running_job_that_is_cancelled_ends_at_once_and_is_told, dropping_the_future_of_run_cancels,
    cancelling_twice_or_after_the_end_does_nothing, a_cancelled_job_leaves_its_lane_to_others, a_handle_polled_again_ends,
}

/// A pool whose only lane is busy for a while, where that can be.
async fn busy(on: &Platform, milliseconds: u64) -> (Executor, offloop::Handle<u64>) {
    let pool = on.pool(1);
    let running = pool.submit(nap, milliseconds).await.unwrap();
    (pool, running)
}

async fn a_queued_job_that_is_cancelled_never_starts(on: &Platform) {
    let ((pool, running), key) = (busy(on, 30).await, key());
    let queued = pool.submit(noted, (key, 0)).await.unwrap();
    // Inline nothing ever waits: the job was done when it was submitted.
    assert_eq!(queued.cancel(), on.is_parallel);
    assert!(queued.is_finished());
    assert_eq!(queued.await, if on.is_parallel { Err(Error::Cancelled) } else { Ok(key) });
    assert_eq!(running.await, Ok(30));
    pool.close().await;
    assert_eq!(seen(key, "started"), usize::from(!on.is_parallel));
}

async fn a_queued_job_whose_handle_is_dropped_never_starts(on: &Platform) {
    let ((pool, running), key) = (busy(on, 30).await, key());
    drop(pool.submit(noted, (key, 0)).await.unwrap());
    assert_eq!(running.await, Ok(30));
    pool.close().await;
    assert_eq!(seen(key, "started"), usize::from(!on.is_parallel));
}

async fn a_running_job_that_is_cancelled_ends_at_once_and_is_told(on: &Platform) {
    if !on.is_parallel {
        return;
    }
    let (pool, key) = (on.pool(1), key());
    let running = pool.submit(steps, (key, 20_000)).await.unwrap();
    while seen(key, "started") == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(running.cancel());
    assert_eq!(running.await, Err(Error::Cancelled));
    pool.close().await;
    while seen(key, "cancelled") == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn dropping_the_future_of_run_cancels(on: &Platform) {
    let ((pool, running), key) = (busy(on, 30).await, key());
    {
        let mut run = pin!(pool.run(noted, (key, 0)));
        assert_eq!(poll_immediate(run.as_mut()).await.is_none(), on.is_parallel);
    }
    assert_eq!(running.await, Ok(30));
    pool.close().await;
    assert_eq!(seen(key, "started"), usize::from(!on.is_parallel));
}

async fn cancelling_twice_or_after_the_end_does_nothing(on: &Platform) {
    let pool = on.pool(1);
    let handle = pool.submit(nap, 50).await.unwrap();
    assert_eq!(handle.cancel(), on.is_parallel);
    assert!(!handle.cancel());
    let handle = pool.submit(add, (1, 2)).await.unwrap();
    while !handle.is_finished() {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(!handle.cancel());
    assert_eq!(handle.await, Ok(3), "a result that is there stays there");
}

async fn a_cancelled_job_leaves_its_lane_to_others(on: &Platform) {
    let (pool, key) = (on.pool(2), key());
    for _ in 0..20 {
        let handle = pool.submit(steps, (key, 5)).await.unwrap();
        handle.cancel();
    }
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
    assert_eq!(pool.stats().running + pool.stats().queued, 0);
}

async fn a_handle_polled_again_ends(on: &Platform) {
    let mut handle = on.pool(1).submit(add, (1, 2)).await.unwrap();
    assert_eq!((&mut handle).await, Ok(3));
    assert!((&mut handle).await.is_err(), "the result has been taken, and there will be no other");
}
