//! Workers that are not needed are stopped.

use std::time::Duration;

use futures_util::future::join_all;
use offloop::{Executor, Handle, WorkerOptions, sleep};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{double, spin};
use super::watch::{errors, live};
use super::{SOON, one_lane, pool, pool_with};

#[wasm_bindgen_test]
async fn an_idle_worker_is_stopped_and_started_again() {
    let before = live();
    let pool = pool_with(1, WorkerOptions::default().idle_stop(Duration::from_millis(100)));
    assert_eq!(live(), before, "a worker was started before it was needed");
    assert_eq!(pool.run(double, 1).await, Ok(2));
    for _ in 0..5 {
        sleep(Duration::from_millis(50)).await;
        assert_eq!(pool.run(double, 1).await, Ok(2));
        assert_eq!(live(), before + 1);
    }
    sleep(Duration::from_millis(300)).await;
    assert_eq!(live(), before);
    assert_eq!(pool.run(double, 2).await, Ok(4));
}

/// Jobs that are about to leave together, at the end of this turn of the event loop.
async fn about_to_leave(pool: &Executor) -> Vec<Handle<u64>> {
    for _ in 0..50 {
        join_all((0..4).map(|n| pool.run(double, n))).await;
    }
    (0..4).map(|n| pool.try_submit(double, n).unwrap()).collect()
}

#[wasm_bindgen_test]
async fn a_worker_whose_last_jobs_were_cancelled_on_their_way_is_stopped() {
    let before = live();
    let pool = pool_with(1, WorkerOptions::default().idle_stop(Duration::from_millis(100)));
    drop(about_to_leave(&pool).await);
    sleep(Duration::from_millis(400)).await;
    assert_eq!(live(), before);
}

#[wasm_bindgen_test]
async fn a_pool_that_is_dropped_with_jobs_on_their_way_leaves_no_error() {
    let (pool, before) = (one_lane().await, errors());
    let jobs = about_to_leave(&pool).await;
    drop((jobs, pool));
    sleep(Duration::from_millis(50)).await;
    assert_eq!(errors(), before);
}

#[wasm_bindgen_test]
async fn a_worker_that_works_for_longer_is_not_idle() {
    let pool = pool_with(1, WorkerOptions::default().idle_stop(Duration::from_millis(100)));
    assert_eq!(pool.run(double, 1).await, Ok(2));
    sleep(Duration::from_millis(50)).await;
    assert_eq!(pool.within(SOON).run(spin, 400).await, Ok(400));
}

#[wasm_bindgen_test]
async fn warm_starts_all_and_dropping_the_pool_stops_them() {
    let before = live();
    let pool = pool(3);
    pool.warm();
    assert_eq!(live(), before + 3);
    drop(pool);
    assert_eq!(live(), before);
}

#[wasm_bindgen_test]
async fn resize_starts_and_stops() {
    let before = live();
    let pool = pool(1);
    pool.resize(3);
    pool.warm();
    assert_eq!(live(), before + 3);
    pool.resize(1);
    assert_eq!(live(), before + 1);
    assert_eq!(pool.run(double, 2).await, Ok(4));
}

#[wasm_bindgen_test]
async fn close_waits_for_the_last_job() {
    let before = live();
    let pool = pool(1);
    let handle = pool.submit(double, 4).await.unwrap();
    pool.close().await;
    assert!(handle.is_finished());
    assert_eq!(handle.await, Ok(8));
    assert_eq!(live(), before);
}
