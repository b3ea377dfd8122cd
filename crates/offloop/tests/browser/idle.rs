//! Workers that are not needed are stopped.

use std::time::Duration;

use offloop::{WorkerOptions, sleep};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::double;
use super::watch::live;
use super::{pool, pool_with};

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
