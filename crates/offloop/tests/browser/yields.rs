//! A page, or a worker, in whose own thread the library is busy goes on painting and answering.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, join, poll_immediate, select};
use js_sys::Promise;
use offloop::{Executor, Options, interval, now, sleep, timeout, yield_now};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;

use super::pool;
use super::tasks::{TASKS, double, spin};

#[wasm_bindgen(inline_js = "
    // A worker that has no frames has timers.
    const frame = globalThis.requestAnimationFrame ?? ((callback) => setTimeout(callback, 16));
    export const frames = (count) => new Promise((resolve) => {
        const next = () => (count-- > 0 ? frame(next) : resolve());
        next();
    });
    export const milliseconds = () => performance.now();
    // Messages and timers, as of a page's own script.
    export const others = (count) => new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => setTimeout(() => {
            if (count-- > 0) return port2.postMessage(0);
            port1.close();
            resolve();
        });
        port2.postMessage(0);
    });
")]
extern "C" {
    fn frames(count: u32) -> Promise;
    fn others(count: u32) -> Promise;
    fn milliseconds() -> f64;
}

fn inline() -> Executor {
    Executor::inline(&TASKS, Options::default())
}

/// Fails instead of freezing the browser. Whatever is tested takes far less.
fn go_on() -> impl FnMut() -> bool {
    let end = now() + Duration::from_secs(20);
    move || now() < end
}

async fn comes_beside(other: JsFuture, busy: impl Future<Output = ()>) {
    let busy = pin!(busy);
    let both = select(busy, other).await;
    assert!(matches!(both, Either::Right(_)), "nothing else had its turn");
}

async fn paints_beside(busy: impl Future<Output = ()>) {
    comes_beside(JsFuture::from(frames(5)), busy).await;
}

#[wasm_bindgen_test]
async fn frames_are_painted_beside_an_endless_map_in_the_pages_own_thread() {
    for each in [0, 2] {
        let mut go_on = go_on();
        paints_beside(async move {
            let mut results = inline().map(spin, std::iter::repeat(each).take_while(move |_| go_on()));
            while results.next().await.is_some() {}
        })
        .await;
    }
}

#[wasm_bindgen_test]
async fn frames_are_painted_beside_whatever_never_waits() {
    let closed = pool(1);
    closed.close().await;
    let mut going = go_on();
    paints_beside(async move {
        while going() {
            assert!(closed.run(double, 1).await.is_err());
        }
    })
    .await;
    let mut going = go_on();
    paints_beside(async move {
        while going() {
            yield_now().await;
        }
    })
    .await;
    let mut going = go_on();
    paints_beside(async move {
        while going() {
            sleep(Duration::ZERO).await;
        }
    })
    .await;
    let mut going = go_on();
    paints_beside(async move {
        let mut ticks = interval(Duration::ZERO);
        while going() {
            ticks.tick().await;
        }
    })
    .await;
}

/// One call after the other through a lane, in a loop without a pause.
#[wasm_bindgen_test]
async fn frames_are_painted_beside_a_busy_lane() {
    let pool = pool(1);
    let mut going = go_on();
    paints_beside(async move {
        while going() {
            assert_eq!(pool.run(double, 1).await, Ok(2));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn to_give_way_often_takes_less_than_the_timers_of_the_browser() {
    let start = milliseconds();
    for _ in 0..500 {
        yield_now().await;
    }
    let took = milliseconds() - start;
    assert!(took < 1_500.0, "as long as 500 timers of 4 ms: {took} ms");
}

#[wasm_bindgen_test]
async fn a_page_s_own_messages_and_timers_come_between() {
    let mut going = go_on();
    let busy = async move {
        while going() {
            yield_now().await;
        }
    };
    comes_beside(JsFuture::from(others(20)), busy).await;
}

#[wasm_bindgen_test]
async fn one_that_gives_way_and_is_dropped_wakes_no_other() {
    for _ in 0..50 {
        let mut dropped = Box::pin(yield_now());
        assert!(poll_immediate(&mut dropped).await.is_none());
        drop(dropped);
        let start = now();
        sleep(Duration::from_millis(3)).await;
        assert!(now() - start >= Duration::from_millis(3));
    }
}

#[wasm_bindgen_test]
async fn no_timer_is_early_by_the_browsers_own_clock() {
    for _ in 0..20 {
        for micros in [0, 1, 50, 999, 1_000, 1_001, 4_500] {
            let (length, least) = (Duration::from_micros(micros), f64::from(u32::try_from(micros).unwrap()) / 1_000.0);
            let start = milliseconds();
            sleep(length).await;
            let slept = milliseconds() - start;
            let start = milliseconds();
            let late = timeout(length, std::future::pending::<()>()).await;
            let waited = milliseconds() - start;
            assert!(late.is_err() && slept >= least && waited >= least, "{least} ms took {slept} and {waited}");
        }
    }
    let start = milliseconds();
    let (ticks, _) =
        join(async { interval(Duration::from_micros(2_500)).take(4).count().await }, sleep(Duration::ZERO)).await;
    assert!(ticks == 4 && milliseconds() - start >= 10.0);
}
