//! What needs no lanes, where there is JavaScript but no browser: `wasm-pack test --node`.
#![cfg(all(target_arch = "wasm32", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::poll_immediate;
use offloop::{Error, Executor, LostReason, Options, interval, now, sleep, timeout};
use wasm_bindgen::{JsCast, JsValue};
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
fn an_error_is_thrown_with_its_kind_and_a_loss_with_its_reason() {
    let thrown = JsValue::from(Error::Lost { reason: LostReason::Crashed, cause: "the dog ate it".to_owned() });
    assert!(thrown.is_instance_of::<js_sys::Error>());
    let of = |name: &str| js_sys::Reflect::get(&thrown, &name.into()).unwrap().as_string().unwrap();
    let told = "the lane was lost: the dog ate it (crashed)";
    assert_eq!(["name", "kind", "reason", "message"].map(of), ["OffloopError", "lost", "crashed", told]);
    assert!(!js_sys::Reflect::has(&JsValue::from(Error::Full), &"reason".into()).unwrap());
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

/// Timers take each other's places once they have rung.
#[wasm_bindgen_test]
async fn a_timer_that_is_dropped_late_leaves_the_one_in_its_place_alone() {
    let start = now();
    let all_ring = async {
        let mut over = Box::pin(sleep(Duration::from_millis(100)));
        // Rung, and not asked since.
        assert!(poll_immediate(&mut over).await.is_none());
        sleep(Duration::from_millis(150)).await;
        let mut others = [100, 200, 300].map(|milliseconds| Box::pin(sleep(Duration::from_millis(milliseconds))));
        for other in &mut others {
            assert!(poll_immediate(other).await.is_none());
        }
        drop(over);
        for other in others {
            other.await;
        }
    };
    assert_eq!(timeout(Duration::from_secs(5), all_ring).await, Ok(()));
    // If one does not ring, the timeout asks it, and finds it over.
    assert!((now() - start).as_millis() < 3_000);
}

#[wasm_bindgen_test]
fn nothing_here_is_a_lane() {
    assert!(!offloop::in_lane());
}
