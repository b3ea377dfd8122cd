//! A lane that was aborted in mid-call cannot notice, and may go on: who has the choice leaves it alone.
#![cfg(all(target_arch = "wasm32", feature = "edge", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use js_sys::{Function, Reflect};
use offloop::edge::{Place, serve};
use offloop::{Error, Executor, Options};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Request;

wasm_bindgen_test_configure!(run_in_node_experimental);

fn double(n: u64) -> u64 {
    2 * n
}

offloop::tasks! { #[idempotent] double }

/// A place that answers nothing while its `stuck` is true, as one that computes, and an object with that and with `count`, how often it was asked.
fn place(name: &str, stuck: bool) -> (Place, JsValue) {
    let code = "return { count: 0, async fetch(url, init) {
        this.count++;
        if (this.stuck) await new Promise(() => {});
        return serve(new Request(url, init));
    } };";
    let far = Closure::<dyn Fn(Request) -> JsValue>::new(|request| serve(&TASKS, request, JsValue::UNDEFINED).into())
        .into_js_value();
    let object = Function::new_with_args("serve", code).call1(&JsValue::NULL, &far).unwrap();
    set_stuck(&object, stuck);
    (Place::service(&object, name), object)
}

fn count(object: &JsValue) -> f64 {
    Reflect::get(object, &"count".into()).unwrap().as_f64().unwrap()
}

fn set_stuck(object: &JsValue, stuck: bool) {
    Reflect::set(object, &"stuck".into(), &stuck.into()).unwrap();
}

/// As at the edge, where each request has an executor of its own.
fn executor(places: &[Place], patience: Duration) -> Executor {
    Executor::edge(&TASKS, Options::default(), places.to_vec()).within(patience)
}

/// Asks with more patience than a busy machine needs for an answer.
async fn request(places: &[Place]) -> Result<u64, Error> {
    executor(places, Duration::from_secs(2)).run(double, 21).await
}

/// Asks until the place has been asked, which is left alone for as long.
async fn abort_at(object: &JsValue, places: &[Place], patience: Duration) {
    let before = count(object);
    while count(object) == before {
        let _ = executor(places, patience).run(double, 21).await;
    }
}

const SOON: Duration = Duration::from_millis(100);

/// Both places get calls one at a time.
async fn both_are_asked(object: &JsValue, places: &[Place]) {
    let before = count(object);
    for _ in 0..40 {
        assert_eq!(request(places).await, Ok(42));
    }
    let more = count(object) - before;
    assert!((5.0..=35.0).contains(&more), "{more} of 40");
}

#[wasm_bindgen_test]
async fn a_lane_with_an_aborted_call_gets_no_more_while_another_is_idle() {
    let (busy, object) = place("n", true);
    let places = [busy, place("o", false).0];
    abort_at(&object, &places, SOON).await;
    let asked = count(&object);
    for _ in 0..20 {
        assert_eq!(request(&places).await, Ok(42));
    }
    assert_eq!(count(&object), asked);
    // Once it has had as long again as it took, it is asked again when there is much to do; and once it has answered as often as the other.
    set_stuck(&object, false);
    offloop::sleep(Duration::from_millis(150)).await;
    let answers = join_all((0..8).map(|_| request(&places))).await;
    assert_eq!(answers, vec![Ok(42); 8]);
    assert!(count(&object) > asked);
    both_are_asked(&object, &places).await;
}

/// They wait for the other one, busy as it is.
#[wasm_bindgen_test]
async fn the_parts_of_a_job_do_not_go_to_a_lane_with_an_aborted_call() {
    let (busy, object) = place("t", true);
    let places = [busy, place("u", false).0];
    let patience = Duration::from_secs(2);
    abort_at(&object, &places, patience).await;
    let asked = count(&object);
    let parts: Vec<_> = executor(&places, patience * 9 / 10).map(double, 0..6).collect().await;
    assert_eq!(parts, [0, 2, 4, 6, 8, 10].map(Ok));
    assert_eq!(count(&object), asked);
}

#[wasm_bindgen_test]
async fn lanes_that_all_have_an_aborted_call_are_asked_nevertheless() {
    let ((one, first), (two, second)) = (place("p", true), place("q", true));
    let places = [one, two];
    abort_at(&first, &places, SOON).await;
    abort_at(&second, &places, SOON).await;
    set_stuck(&first, false);
    set_stuck(&second, false);
    for _ in 0..20 {
        assert_eq!(request(&places).await, Ok(42));
    }
}

#[wasm_bindgen_test]
async fn an_aborted_call_is_forgotten_after_the_longest_that_it_can_go_on() {
    let (busy, object) = place("r", true);
    let places = [busy, place("s", false).0];
    abort_at(&object, &places, SOON).await;
    set_stuck(&object, false);
    let shift = "const { now } = Performance.prototype; performance.now = () => now.call(performance) + 31000;";
    Function::new_no_args(shift).call0(&JsValue::NULL).unwrap();
    both_are_asked(&object, &places).await;
}
