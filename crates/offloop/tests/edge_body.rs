//! Bodies that are passed on to a lane as they come. `wasm-pack test --node crates/offloop --features edge --test edge_body`.
#![cfg(all(target_arch = "wasm32", feature = "edge", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use js_sys::{Function, Uint8Array};
use offloop::edge::{self, Place, serve};
use offloop::{Blob, Error, Executor, LostReason, Options};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Request;

wasm_bindgen_test_configure!(run_in_node_experimental);

/// The length of both, the sum of their bytes, and the number in between.
fn weigh((one, number, other): (Blob, u64, Blob)) -> (usize, u64, u64) {
    let sum = one.iter().chain(other.iter()).map(|byte| u64::from(*byte)).sum();
    (one.len() + other.len(), sum, number)
}

offloop::tasks! { #[idempotent] weigh }

/// `fetch` of a lane, which fails before it reads anything for the first so many times.
fn place(name: &str, failures: u32, failure: &str) -> Place {
    let code = format!(
        "let left = {failures};
        return {{ async fetch(url, init) {{ if (left-- > 0) {{ {failure} }} return serve(new Request(url, init)); }} }};"
    );
    let far = Closure::<dyn Fn(Request) -> JsValue>::new(|request| serve(&TASKS, request, JsValue::UNDEFINED))
        .into_js_value();
    Place::service(&Function::new_with_args("serve", &code).call1(&JsValue::NULL, &far).unwrap(), name)
}

fn request(bytes: &[u8], length: Option<usize>) -> Request {
    let code = "const headers = length === undefined ? {} : { 'content-length': length };
        return new Request('http://test/', { method: 'POST', body, headers });";
    let length = length.map_or(JsValue::UNDEFINED, |length| JsValue::from_str(&length.to_string()));
    let make = Function::new_with_args("body, length", code);
    make.call2(&JsValue::NULL, &Uint8Array::from(bytes), &length).unwrap().unchecked_into()
}

/// As long as its header says.
fn body(bytes: &[u8]) -> Blob {
    edge::body(&request(bytes, Some(bytes.len()))).unwrap()
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

#[wasm_bindgen_test]
async fn it_arrives_as_it_was_wherever_it_stands_in_the_argument() {
    let pool = Executor::edge(&TASKS, Options::default(), vec![place("a", 0, "")]);
    for count in [1, 100, 70_000, 3_000_000] {
        let (long, short) = (bytes(count), bytes(9));
        let both = Ok((count + 9, sum(&long) + sum(&short), 7));
        let here = Blob::from(short.clone());
        assert_eq!(pool.run(weigh, (body(&long), 7, here.clone())).await, both);
        assert_eq!(pool.run(weigh, (here, 7, body(&long))).await, both);
        assert_eq!(pool.run(weigh, (body(&short), 7, body(&long))).await, both);
    }
    assert_eq!(pool.stats().finished, 12);
}

#[wasm_bindgen_test]
async fn it_is_not_here_and_has_a_length() {
    let coming = body(&bytes(300));
    assert_eq!((coming.is_here(), coming.len(), coming.is_empty()), (false, 300, false));
    assert_eq!(format!("{coming:?}"), "Blob(300 bytes)");
    assert!(edge::body(&request(&bytes(300), None)).is_none(), "of unknown length");
    let get = Function::new_no_args("return new Request('http://test/', { headers: { 'content-length': '3' } })");
    assert!(edge::body(&get.call0(&JsValue::NULL).unwrap().unchecked_into()).is_none(), "there is none");
}

#[wasm_bindgen_test]
async fn it_is_sent_once_and_what_failed_first_is_told() {
    for (failure, cause) in [
        ("throw new Error('reset');", "reset"),
        ("throw Object.assign(new Error('no'), { overloaded: true });", "send the request again"),
    ] {
        let pool = Executor::edge(&TASKS, Options::default(), vec![place(failure, 1, failure)]);
        match pool.run(weigh, (body(&bytes(300)), 7, Blob::default())).await {
            Err(Error::Lost { reason: LostReason::BodyGone, cause: told }) => assert!(told.contains(cause), "{told}"),
            other => panic!("{other:?}"),
        }
        let here = (Blob::from(bytes(300)), 7, Blob::default());
        assert_eq!(pool.run(weigh, here).await, Ok((300, sum(&bytes(300)), 7)), "others are tried again");
    }
}

#[wasm_bindgen_test]
async fn where_it_would_have_to_be_here_the_job_is_lost_and_nothing_panics() {
    let pool = Executor::inline(&TASKS, Options::default());
    let lost = pool.run(weigh, (body(&bytes(300)), 7, Blob::default())).await;
    assert!(matches!(&lost, Err(Error::Lost { reason: LostReason::BodyGone, .. })), "{lost:?}");
    assert!(lost.unwrap_err().to_string().contains("send the request again"));
}

#[wasm_bindgen_test]
async fn one_that_breaks_off_or_is_longer_than_it_says_fails_its_own_job() {
    let pool = Executor::edge(&TASKS, Options::default().retries(0), vec![place("b", 0, "")]);
    // Node counts no bytes, so the frame is found to be damaged; the edge's own streams do.
    for length in [200, 400] {
        let damaged = edge::body(&request(&bytes(300), Some(length))).unwrap();
        let error = pool.run(weigh, (damaged, 7, Blob::default())).await.unwrap_err();
        assert!(["malformed", "lost"].contains(&error.kind()), "{error}");
    }
    assert_eq!(pool.run(weigh, (body(&bytes(3)), 7, Blob::default())).await, Ok((3, 3, 7)));
}

#[wasm_bindgen_test]
async fn clients_that_send_slowly_keep_out_their_like_only() {
    let place = place("c", 1, "return new Promise(() => {});").limit(1);
    let pool = || Executor::edge(&TASKS, Options::default(), vec![place.clone()]);
    let (first, second) = (pool(), pool());
    let slow = first.try_submit(weigh, (body(&bytes(300)), 7, Blob::default())).unwrap();
    offloop::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(second.run(weigh, (body(&bytes(300)), 7, Blob::default())).await, Err(Error::Full));
    assert_eq!(pool().run(weigh, (Blob::default(), 7, Blob::default())).await, Ok((0, 0, 7)));
    drop(slow);
    assert_eq!(place.load(), 0);
    assert_eq!(pool().run(weigh, (body(&bytes(300)), 7, Blob::default())).await, Ok((300, sum(&bytes(300)), 7)));
}
