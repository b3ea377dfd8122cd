//! What needs no lanes, where there is JavaScript but no browser: `wasm-pack test --node`.
#![cfg(all(target_arch = "wasm32", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, poll_immediate, select};
use js_sys::Promise;
use offloop::{Error, Executor, LostReason, Options, interval, now, sleep, timeout, yield_now};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
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

#[wasm_bindgen(inline_js = "
    export const later = () => new Promise((resolve) => setTimeout(resolve, 5));
    export const milliseconds = () => performance.now();
")]
extern "C" {
    fn later() -> Promise;
    fn milliseconds() -> f64;
}

/// A microtask is not enough.
#[wasm_bindgen_test]
async fn whoever_never_waits_lets_the_event_loop_run() {
    async fn goes_on_beside(busy: impl Future<Output = ()>) {
        let busy = pin!(busy);
        let both = select(busy, JsFuture::from(later())).await;
        assert!(matches!(both, Either::Right(_)), "nothing else ran meanwhile");
    }
    const MANY: u64 = 200_000;
    let (inline, closed) = (Executor::inline(&TASKS, Options::default()), Executor::inline(&TASKS, Options::default()));
    closed.close().await;
    goes_on_beside(inline.map(double, 0..MANY).for_each(async |_| ())).await;
    goes_on_beside(async {
        for n in 0..MANY {
            assert_eq!(closed.run(double, n).await, Err(Error::Closed));
        }
    })
    .await;
    goes_on_beside(async {
        for _ in 0..MANY {
            yield_now().await;
        }
    })
    .await;
    goes_on_beside(async {
        for _ in 0..MANY {
            sleep(Duration::ZERO).await;
        }
    })
    .await;
    goes_on_beside(interval(Duration::ZERO).take(200_000).for_each(async |_| ())).await;
}

#[wasm_bindgen_test]
async fn no_timer_is_early() {
    for micros in [0, 1, 999, 1_000, 1_001, 2_500].repeat(20) {
        let start = milliseconds();
        sleep(Duration::from_micros(micros)).await;
        let took = milliseconds() - start;
        assert!(took * 1_000.0 >= f64::from(u32::try_from(micros).unwrap()), "{micros} µs took {took} ms");
    }
}
