//! Cancelling, by `cancel` or by dropping: a job that waits never starts, one that runs is told.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::poll_immediate;
use offloop::{Error, Executor, now, sleep};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere: a_cancelled_job_leaves_its_lane_to_others, a_handle_polled_again_ends;
    where_jobs_run_beside:
        a_queued_job_that_is_cancelled_never_starts, a_queued_job_whose_handle_is_dropped_never_starts,
        dropping_the_future_of_run_cancels, what_waits_can_be_cancelled_and_what_runs_goes_on,
        cancelling_twice_or_after_the_end_does_nothing;
    where_lanes_run_in_parallel: a_running_job_that_is_cancelled_ends_at_once;
    where_tasks_are_told: a_running_task_is_told_that_nobody_waits;
}

/// A pool whose only lane is busy for a while, where that can be.
async fn busy(on: &Platform) -> (Executor, offloop::Handle<u64>) {
    let pool = on.pool(1);
    let running = pool.submit(nap, MEANWHILE).await.unwrap();
    (pool, running)
}

async fn a_queued_job_that_is_cancelled_never_starts(on: &Platform) {
    let ((pool, running), key) = (busy(on).await, key());
    let queued = pool.submit(noted, (key, 0)).await.unwrap();
    // Inline nothing ever waits: the job was done when it was submitted.
    assert_eq!(queued.cancel(), on.runs_beside());
    assert!(queued.is_finished());
    assert_eq!(queued.await, if on.runs_beside() { Err(Error::Cancelled) } else { Ok(key) });
    assert_eq!(running.await, Ok(MEANWHILE));
    pool.close().await;
    assert_eq!(seen(key, "started").await, usize::from(!on.runs_beside()));
}

async fn a_queued_job_whose_handle_is_dropped_never_starts(on: &Platform) {
    let ((pool, running), key) = (busy(on).await, key());
    drop(pool.submit(noted, (key, 0)).await.unwrap());
    assert_eq!(running.await, Ok(MEANWHILE));
    pool.close().await;
    assert_eq!(seen(key, "started").await, usize::from(!on.runs_beside()));
}

async fn a_running_job_that_is_cancelled_ends_at_once(on: &Platform) {
    let pool = on.warm_pool(1).await;
    let running = pool.submit(nap, 500).await.unwrap();
    sleep(Duration::from_millis(20)).await;
    let (cancelled, start) = (running.cancel(), now());
    // Where the caller is not heard meanwhile, the job may have ended when its turn comes.
    assert!(cancelled || !on.is_parallel());
    assert_eq!(running.await, if cancelled { Err(Error::Cancelled) } else { Ok(500) });
    assert!(now() - start < Duration::from_millis(300), "the caller waited for the job all the same");
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
}

async fn a_running_task_is_told_that_nobody_waits(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    if !on.is_told() {
        // Its lane is ended, or goes on for nobody; inline it has ended before anybody can cancel it.
        let running = pool.submit(steps, (key, 50)).await.unwrap();
        sleep(Duration::from_millis(20)).await;
        running.cancel();
        assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
        assert_eq!(seen(key, "cancelled").await, 0);
        return;
    }
    let running = pool.submit(steps, (key, 20_000)).await.unwrap();
    while seen(key, "started").await == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(running.cancel());
    assert_eq!(running.await, Err(Error::Cancelled));
    pool.close().await;
    while seen(key, "cancelled").await == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn dropping_the_future_of_run_cancels(on: &Platform) {
    let ((pool, running), key) = (busy(on).await, key());
    {
        let mut run = pin!(pool.run(noted, (key, 0)));
        assert_eq!(poll_immediate(run.as_mut()).await.is_none(), on.runs_beside());
    }
    assert_eq!(running.await, Ok(MEANWHILE));
    pool.close().await;
    assert_eq!(seen(key, "started").await, usize::from(!on.runs_beside()));
}

async fn what_waits_can_be_cancelled_and_what_runs_goes_on(on: &Platform) {
    let ((pool, running), key) = (busy(on).await, key());
    let waiting = [pool.submit(noted, (key, 0)).await.unwrap(), pool.submit(noted, (key, 0)).await.unwrap()];
    pool.submit(noted, (key, 0)).await.unwrap().detach();
    assert_eq!(pool.cancel_queued(), if on.runs_beside() { 3 } else { 0 });
    assert_eq!(pool.cancel_queued(), 0);
    for job in waiting {
        assert_eq!(job.await, if on.runs_beside() { Err(Error::Cancelled) } else { Ok(key) });
    }
    assert_eq!(running.await, Ok(MEANWHILE));
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3), "the pool is open as before");
    pool.close().await;
    assert_eq!(seen(key, "started").await, if on.runs_beside() { 0 } else { 3 });
}

async fn cancelling_twice_or_after_the_end_does_nothing(on: &Platform) {
    let pool = on.pool(1);
    let handle = pool.submit(nap, MEANWHILE).await.unwrap();
    assert_eq!(handle.cancel(), on.runs_beside());
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
