//! What needs no lanes, where there is JavaScript but no browser: `wasm-pack test --node`.
#![cfg(all(target_arch = "wasm32", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::StreamExt;
use offloop::{Error, Executor, Options, interval, now, sleep, timeout};
use wasm_bindgen_test::wasm_bindgen_test;

fn double(n: u64) -> u64 {
    2 * n
}

offloop::tasks! { double }

#[wasm_bindgen_test]
async fn jobs_run_inline() {
    let pool = Executor::inline(&TASKS, Options::default());
    assert_eq!(pool.run(double, 21).await, Ok(42));
    assert_eq!(pool.map(double, 0..3).map(Result::unwrap).collect::<Vec<_>>().await, [0, 2, 4]);
    pool.close().await;
    assert_eq!(pool.run(double, 21).await, Err(Error::Closed));
}

#[wasm_bindgen_test]
async fn time_passes() {
    let start = now();
    sleep(Duration::from_millis(20)).await;
    assert!((now() - start).as_millis() >= 19);
    assert_eq!(timeout(Duration::from_millis(10), sleep(Duration::from_secs(60))).await, Err(Error::TimedOut));
    assert_eq!(timeout(Duration::from_secs(60), std::future::ready(7)).await, Ok(7));
    assert_eq!(interval(Duration::from_millis(5)).take(3).count().await, 3);
}

#[wasm_bindgen_test]
fn nothing_here_is_a_lane() {
    assert!(!offloop::in_lane());
}
