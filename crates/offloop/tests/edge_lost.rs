//! Lanes at the edge that are lost: what their calls come to. Without the edge, as in `edge.rs`.
//! `wasm-pack test --node crates/offloop --features edge --test edge_lost`.
#![cfg(all(target_arch = "wasm32", feature = "edge", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::future::join_all;
use js_sys::{Function, Reflect};
use offloop::edge::{Place, serve};
use offloop::{Error, Executor, LostReason, Options, now, sleep};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Request;

wasm_bindgen_test_configure!(run_in_node_experimental);

fn double(n: u64) -> u64 {
    2 * n
}

fn once(n: u64) -> u64 {
    2 * n
}

offloop::tasks! { #[idempotent] double, once }

/// An object whose `fetch(url, init)` has this body, in which `count` is the number of fetches before, and `made` when the object was made.
fn place(name: &str, body: &str) -> (Place, JsValue) {
    let code = format!(
        "const made = performance.now();
        return {{ count: 0, async fetch(url, init) {{ const count = this.count++; {body} }} }}"
    );
    let far = Closure::<dyn Fn(Request) -> JsValue>::new(|request| serve(&TASKS, request, JsValue::UNDEFINED));
    let object = Function::new_with_args("serve", &code).call1(&JsValue::NULL, &far.into_js_value()).unwrap();
    (Place::service(&object, name), object)
}

fn asked(object: &JsValue) -> f64 {
    Reflect::get(object, &"count".into()).unwrap().as_f64().unwrap()
}

const HONEST: &str = "return serve(new Request(url, init));";
const DEAD: &str = "throw new Error('Network connection lost.');";
const LONG: Duration = Duration::from_secs(20);

fn on(places: &[&Place]) -> Executor {
    Executor::edge(&TASKS, Options::default(), places.iter().map(|place| (*place).clone()).collect())
}

fn reason<T>(result: Result<T, Error>) -> Option<LostReason> {
    match result {
        Err(Error::Lost { reason, .. }) => Some(reason),
        _ => None,
    }
}

#[wasm_bindgen_test]
async fn lanes_that_are_all_away_for_some_time_cost_no_job_that_has_time() {
    let back = format!("if (performance.now() - made < 2500) {DEAD} {HONEST}");
    let (first, second) = (place("away a", &back).0, place("away b", &back).0);
    let pool = on(&[&first, &second]);
    let start = now();
    let results = join_all((0..20).map(|n| pool.within(LONG).run(double, n))).await;
    assert_eq!(results, (0..20).map(|n| Ok(2 * n)).collect::<Vec<_>>());
    // Soon after they are back.
    assert!(now() - start < Duration::from_secs(6), "{:?}", now() - start);
}

#[wasm_bindgen_test]
async fn what_must_not_run_twice_is_told_at_once_and_so_is_what_has_no_deadline() {
    let (dead, _) = place("dead", DEAD);
    let start = now();
    assert_eq!(reason(on(&[&dead]).within(LONG).run(once, 1).await), Some(LostReason::Disconnected));
    assert_eq!(reason(on(&[&dead]).run(double, 1).await), Some(LostReason::Disconnected));
    assert!(now() - start < Duration::from_secs(3), "{:?}", now() - start);
}

/// As long as the watchdog allows, or until somebody ends the lane.
const STUCK: &str =
    "await new Promise((resolve) => setTimeout(resolve, 300)); throw new Error('Network connection lost.');";

#[wasm_bindgen_test]
async fn a_job_that_was_at_its_lane_for_as_long_as_the_limit_costs_no_second_lane() {
    let (stuck, first) = place("stuck", STUCK);
    let (other, second) = place("stuck too", STUCK);
    let limited = |limit| {
        let options = Options::default().attempt_limit(Duration::from_millis(limit));
        Executor::edge(&TASKS, options, vec![stuck.clone(), other.clone()])
    };
    assert_eq!(reason(limited(250).within(LONG).run(double, 1).await), Some(LostReason::Overran));
    assert_eq!(asked(&first) + asked(&second), 1.0);
    // Within the limit it is tried until its deadline.
    assert_eq!(limited(5_000).within(Duration::from_secs(2)).run(double, 1).await, Err(Error::TimedOut));
    assert!(asked(&first) + asked(&second) > 2.0);
}

/// Each of them is a request, with an executor of its own.
#[wasm_bindgen_test]
async fn a_job_that_waited_at_a_lane_for_another_ones_sake_is_tried_again() {
    // All that it has are lost at one moment, in either order.
    for order in ["shift", "pop"] {
        let code = format!(
            "if (count >= 3) {HONEST}
            this.held ??= [];
            const lost = new Promise((_, reject) => this.held.push(reject));
            if (count === 0) setTimeout(() => {{
                while (this.held.length) this.held.{order}()(new Error('Network connection lost.'));
            }}, 300);
            return lost;"
        );
        let (lane, _) = place(order, &code);
        let request = |n: u64, after: u64| {
            let options = Options::default().attempt_limit(Duration::from_millis(150));
            let pool = Executor::edge(&TASKS, options, vec![lane.clone()]);
            async move {
                sleep(Duration::from_millis(after)).await;
                pool.within(LONG).run(double, n).await
            }
        };
        let results = join_all([request(1, 0), request(2, 20), request(3, 40)]).await;
        let [running, waiting @ ..] = <[_; 3]>::try_from(results).unwrap();
        assert_eq!(reason(running), Some(LostReason::Overran), "{order}");
        assert_eq!(waiting, [Ok(4), Ok(6)], "{order}");
    }
}

#[wasm_bindgen_test]
async fn nothing_is_sent_to_a_lane_that_is_silent_while_another_answers() {
    let (silent, stuck) = place("silent", "return new Promise(() => {});");
    // It has more to do than the other, and does it.
    let (busy, _) = place("busy", &format!("await new Promise((resolve) => setTimeout(resolve, 30)); {HONEST}"));
    let _first = on(&[&silent]).within(LONG).try_submit(double, 1).unwrap();
    sleep(Duration::from_millis(300)).await;
    for _ in 0..3 {
        let pools: Vec<_> = (0..6).map(|_| on(&[&silent, &busy])).collect();
        let results = join_all(pools.iter().zip(0..).map(|(pool, n)| pool.within(LONG).run(double, n))).await;
        assert_eq!(results, (0..6).map(|n| Ok(2 * n)).collect::<Vec<_>>());
    }
    assert_eq!(asked(&stuck), 1.0);
}

#[wasm_bindgen_test]
async fn a_lane_that_fails_at_once_does_not_get_all_requests_for_being_idle() {
    let (dead, tried) = place("fails", DEAD);
    let (busy, _) = place("works", &format!("await new Promise((resolve) => setTimeout(resolve, 40)); {HONEST}"));
    let start = now();
    for round in 0..30 {
        let pools = [0, 1, 2].map(|_| on(&[&dead, &busy]));
        let results = join_all(pools.iter().zip(0..).map(|(pool, n)| pool.within(LONG).run(double, n))).await;
        assert_eq!(results, [Ok(0), Ok(2), Ok(4)], "round {round}");
    }
    // Once it has failed a few times, it is asked every 1.6 s: by all who come at that moment.
    let most = 3.0 * (6.0 + (now() - start).as_secs_f64() / 1.6);
    assert!(asked(&tried) <= most, "{} of 90 requests, {most} are right", asked(&tried));
}
