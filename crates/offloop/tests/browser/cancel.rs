//! A cancelled job ends at once, whatever its worker does.

use std::time::Duration;

use futures_util::future::{join_all, poll_immediate};
use offloop::{Error, now, sleep};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{double, mark, marks, spin, spin_for_ever};
use super::{SOON, one_lane, pool, pool_used_to_many};

#[wasm_bindgen_test]
async fn a_running_job_ends_at_once_and_its_lane_comes_back() {
    let pool = one_lane().await;
    let handle = pool.submit(spin_for_ever, ()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let start = now();
    assert!(handle.cancel());
    assert_eq!(poll_immediate(handle).await, Some(Err(Error::Cancelled)), "it waits for something");
    assert_eq!(pool.within(SOON).run(double, 2).await, Ok(4));
    let back = now() - start;
    // 150 ms are the promise for an optimised build; this one's wasm is ten times as large.
    assert!(back.as_millis() < 1000, "the lane came back after {back:?}");
}

#[wasm_bindgen_test]
async fn dropping_the_future_cancels() {
    let pool = one_lane().await;
    let run = pool.run(spin_for_ever, ());
    assert!(offloop::timeout(Duration::from_millis(50), run).await.is_err());
    assert_eq!(pool.within(SOON).run(double, 3).await, Ok(6));
}

#[wasm_bindgen_test]
async fn an_endless_job_ends_at_its_deadline() {
    let pool = one_lane().await;
    let start = now();
    assert_eq!(pool.within(Duration::from_millis(100)).run(spin_for_ever, ()).await, Err(Error::TimedOut));
    assert!((now() - start).as_millis() < 200);
    assert_eq!(pool.within(SOON).run(double, 4).await, Ok(8));
}

#[wasm_bindgen_test]
async fn a_job_behind_the_cancelled_one_is_run_all_the_same() {
    let pool = one_lane().await;
    // Known to be short, so that they are sent ahead.
    for _ in 0..20 {
        pool.run(spin, 0).await.unwrap();
    }
    let first = pool.submit(spin, 60_000).await.unwrap();
    let behind = pool.submit(spin, 1).await.unwrap();
    sleep(Duration::from_millis(20)).await;
    first.cancel();
    assert_eq!(offloop::timeout(SOON, behind).await, Ok(Ok(1)));
}

#[wasm_bindgen_test]
async fn a_waiting_job_that_is_cancelled_never_starts() {
    let pool = one_lane().await;
    for n in 0..20 {
        pool.run(mark, n).await.unwrap();
        pool.run(spin, 0).await.unwrap();
    }
    pool.run(marks, ()).await.unwrap();
    let busy = pool.submit(spin, 100).await.unwrap();
    let waiting = pool.submit(mark, 100).await.unwrap();
    sleep(Duration::from_millis(20)).await;
    waiting.cancel();
    assert_eq!(waiting.await, Err(Error::Cancelled));
    assert_eq!(busy.await, Ok(100));
    assert_eq!(pool.run(marks, ()).await, Ok(vec![]));
}

#[wasm_bindgen_test]
async fn a_job_that_its_worker_has_already_never_starts_if_it_is_cancelled() {
    let pool = pool_used_to_many().await;
    pool.run(mark, 0).await.unwrap();
    pool.run(marks, ()).await.unwrap();
    assert!(join_all((0..8).map(|_| pool.run(double, 1))).await.iter().all(Result::is_ok));
    // In one message, since neither is waited for.
    let busy = pool.try_submit(spin, 100).unwrap();
    let waiting = pool.try_submit(mark, 100).unwrap();
    sleep(Duration::from_millis(30)).await;
    waiting.cancel();
    assert_eq!(busy.await, Ok(100));
    assert_eq!(pool.run(marks, ()).await, Ok(vec![]));
}

#[wasm_bindgen_test]
async fn a_job_that_its_worker_has_already_never_starts_after_its_deadline() {
    let pool = pool_used_to_many().await;
    pool.run(mark, 0).await.unwrap();
    pool.run(marks, ()).await.unwrap();
    assert!(join_all((0..8).map(|_| pool.run(double, 1))).await.iter().all(Result::is_ok));
    let busy = pool.try_submit(spin, 200).unwrap();
    let waiting = pool.within(Duration::from_millis(100)).try_submit(mark, 100).unwrap();
    sleep(Duration::from_millis(20)).await;
    // Who waits here cannot say so: it is the worker that looks at the clock.
    spin(400);
    assert_eq!(waiting.await, Err(Error::TimedOut));
    assert_eq!(busy.await, Ok(200));
    assert_eq!(pool.run(marks, ()).await, Ok(vec![]));
}

#[wasm_bindgen_test]
async fn a_job_that_is_cancelled_before_its_worker_is_up_never_starts() {
    let pool = pool(1);
    let handle = pool.submit(mark, 7).await.unwrap();
    handle.cancel();
    assert_eq!(handle.await, Err(Error::Cancelled));
    assert_eq!(pool.run(marks, ()).await, Ok(vec![]));
}

#[wasm_bindgen_test]
async fn abort_ends_everything_and_stops_the_workers() {
    let before = super::watch::live();
    let pool = one_lane().await;
    let handle = pool.submit(spin_for_ever, ()).await.unwrap();
    sleep(Duration::from_millis(20)).await;
    pool.abort();
    assert_eq!(handle.await, Err(Error::Cancelled));
    assert_eq!(super::watch::live(), before);
}
