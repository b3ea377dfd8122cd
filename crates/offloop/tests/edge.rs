//! What lanes at the edge promise, without the edge: places are plain objects with `fetch`, as Node has `Request` and `Response`, too.
//! `wasm-pack test --node crates/offloop --features edge --test edge`.
#![cfg(all(target_arch = "wasm32", feature = "edge", not(feature = "browser")))]
#![allow(clippy::unwrap_used)]

use futures_util::future::join_all;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use offloop::edge::{Place, serve};
use offloop::wire::{Call, Payload, encode_calls};
use offloop::{Blob, Error, Executor, Options, now};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Request, Response};

// The library's JavaScript is a module, which only this way of running in Node knows.
wasm_bindgen_test_configure!(run_in_node_experimental);

fn double(n: u64) -> u64 {
    2 * n
}

fn swell(bytes: u32) -> Blob {
    vec![0; bytes as usize].into()
}

fn length(text: String) -> u64 {
    text.len() as u64
}

offloop::tasks! { #[idempotent] double, #[idempotent] swell, #[idempotent] length }

/// An object whose `fetch(url, init)` has this body. It may use `serve(request)`, `whole(url, init)`, the frame of the answer in one piece, and
/// `this.count`, the number of fetches before.
fn place(name: &str, body: &str) -> (Place, JsValue) {
    let code =
        format!("{WHOLE} return {{ count: 0, async fetch(url, init) {{ const count = this.count++; {body} }} }}");
    let far = Closure::<dyn Fn(Request) -> JsValue>::new(|request| serve(&TASKS, request, JsValue::UNDEFINED))
        .into_js_value();
    let object = Function::new_with_args("serve", &code).call1(&JsValue::NULL, &far).unwrap();
    (Place::service(&object, name), object)
}

fn pool(places: Vec<Place>) -> Executor {
    Executor::edge(&TASKS, Options::default(), places)
}

fn number(object: &JsValue, name: &str) -> f64 {
    Reflect::get(object, &name.into()).unwrap().as_f64().unwrap()
}

const WHOLE: &str = "const whole = async (url, init) => {
    const answer = await serve(new Request(url, init));
    if (answer.status === 200) return new Uint8Array(await answer.arrayBuffer());
    return Uint8Array.from(atob(answer.headers.get('x-offloop-secret')), (letter) => letter.charCodeAt(0));
};";

const HONEST: &str = "return serve(new Request(url, init));";

#[wasm_bindgen_test]
async fn a_call_comes_back_as_its_result() {
    let pool = pool(vec![place("a", HONEST).0]);
    assert_eq!(pool.run(double, 21).await, Ok(42));
    assert_eq!((pool.stats().finished, pool.stats().running), (1, 0));
}

#[wasm_bindgen_test]
async fn calls_of_one_turn_travel_together_once_they_are_known_to_be_short() {
    let (place, object) = place("b", HONEST);
    let pool = pool(vec![place]);
    assert_eq!(pool.run(double, 1).await, Ok(2));
    let jobs: Vec<_> = (0..50).map(|n| pool.run(double, n)).collect();
    let sums: Vec<_> = join_all(jobs).await;
    assert_eq!(sums, (0..50).map(|n| Ok(2 * n)).collect::<Vec<_>>());
    assert!(number(&object, "count") < 26.0, "{} fetches for 51 calls", number(&object, "count"));
}

#[wasm_bindgen_test]
async fn a_result_larger_than_a_message_fails_alone() {
    let pool = pool(vec![place("j", HONEST).0]);
    let sizes = [1, 17 << 20, 33 << 20, 2];
    let results = join_all(sizes.map(|size| pool.run(swell, size))).await;
    for (size, result) in sizes.into_iter().zip(results) {
        match result {
            Ok(blob) => assert!(blob.len() == size as usize && size <= 32 << 20, "{size}"),
            Err(error) => assert!(error.kind() == "malformed" && size > 32 << 20, "{size}: {error}"),
        }
    }
    assert_eq!(pool.run(double, 21).await, Ok(42));
}

#[wasm_bindgen_test]
async fn damaged_bytes_are_refused_and_never_panic() {
    let input = Payload { bytes: vec![42].into(), blobs: Vec::new() };
    let mut frame = Vec::new();
    encode_calls(TASKS.fingerprint(), &[Call { id: 1, task: 0, deadline: None, input }], now(), &mut frame, None);
    for init in [IN_BODY, IN_HEADER] {
        for at in 0..frame.len() {
            for bytes in [frame[..at].to_vec(), {
                let mut bytes = frame.clone();
                bytes[at] ^= 0x55;
                bytes
            }] {
                let response = ask(init, &bytes).await;
                assert!([200, 204, 400].contains(&response.status()), "{} for {bytes:?}", response.status());
            }
        }
        assert_eq!(ask(init, &[]).await.status(), 400);
        assert!([200, 204].contains(&ask(init, &frame).await.status()));
    }
    assert_eq!(ask("{ headers: { 'x-offloop-secret': '?' } }", &frame).await.status(), 400);
}

const IN_BODY: &str = "{ body: bytes }";
const IN_HEADER: &str = "{ headers: { 'x-offloop-secret': btoa(String.fromCharCode(...bytes)) } }";

async fn ask(init: &str, bytes: &[u8]) -> Response {
    let code = format!("return new Request('http://lane/', {{ method: 'POST', ...{init} }})");
    let make = Function::new_with_args("bytes", &code);
    let request = make.call1(&JsValue::NULL, &Uint8Array::from(bytes)).unwrap();
    let answer = serve(&TASKS, request.unchecked_into(), JsValue::UNDEFINED);
    JsFuture::from(Promise::resolve(&answer)).await.unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn short_calls_and_results_have_no_body_and_long_ones_have() {
    let (place, object) = place(
        "l",
        "const answer = await serve(new Request(url, init));
        this.bodies = (init.body ? 1 : 0) + (answer.body ? 2 : 0);
        return answer;",
    );
    let pool = pool(vec![place]);
    // The first time in a while a call is not answered at once.
    assert_eq!(pool.run(double, 20).await, Ok(40));
    let long = "o".repeat(300);
    for round in 0..20 {
        assert_eq!(pool.run(double, 21).await, Ok(42));
        if number(&object, "bodies") == 0.0 {
            break;
        }
        assert!(round < 19, "short calls have bodies");
    }
    assert_eq!(pool.run(swell, 300).await.map(|blob| blob.len()), Ok(300));
    assert_eq!(number(&object, "bodies"), 2.0);
    assert_eq!(pool.run(length, long).await, Ok(300));
    assert!(number(&object, "bodies") >= 1.0);
}

#[wasm_bindgen_test]
async fn another_build_is_told_by_its_name() {
    // Any other fingerprint: bytes 4 to 11 of an empty frame of events.
    let (place, _) = place(
        "c",
        "const frame = new Uint8Array([79, 76, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
        return new Response(frame);",
    );
    let strict = Executor::edge(&TASKS, Options::default().inline_on_skew(false), vec![place.clone()]);
    assert!(matches!(strict.run(double, 21).await, Err(Error::Skew { theirs: 0x0807_0605_0403_0201, .. })));
    assert_eq!(pool(vec![place]).run(double, 21).await, Ok(42));
}

#[wasm_bindgen_test]
async fn a_lane_that_breaks_off_is_tried_again() {
    for answer in [
        "return new Response('half', { status: 202 });",
        "throw Object.assign(new Error('reset'), { retryable: true });",
        "throw Object.assign(new Error('too much'), { overloaded: true });",
        "return new Response('no', { status: 503 });",
    ] {
        let (place, object) = place(answer, &format!("if (count === 0) {{ {answer} }} {HONEST}"));
        assert_eq!(pool(vec![place]).run(double, 21).await, Ok(42), "{answer}");
        assert_eq!(number(&object, "count"), 2.0, "{answer}");
    }
}

#[wasm_bindgen_test]
async fn what_cannot_be_read_is_an_error_and_no_silence() {
    for (answer, kind) in [
        ("return new Response('text');", "malformed"),
        ("return new Response('page', { status: 404 });", "lost"),
        ("return new Response('', { status: 202 });", "lost"),
        ("throw new Error('refused')", "lost"),
    ] {
        let pool = Executor::edge(&TASKS, Options::default().retries(0), vec![place(answer, answer).0]);
        assert_eq!(pool.run(double, 21).await.unwrap_err().kind(), kind, "{answer}");
    }
}

#[wasm_bindgen_test]
async fn a_job_that_nobody_waits_for_aborts_its_fetch() {
    let (place, object) = place(
        "d",
        "this.aborted = 0; init.signal.onabort = () => { this.aborted = 1; }; return new Promise(() => {});",
    );
    let pool = pool(vec![place.clone()]);
    let job = pool.try_submit(double, 21).unwrap();
    offloop::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!((number(&object, "aborted"), place.load()), (0.0, 1));
    drop(job);
    assert_eq!((number(&object, "aborted"), place.load()), (1.0, 0));
    assert_eq!(pool.stats().failed.cancelled, 1);
}

#[wasm_bindgen_test]
async fn new_requests_are_refused_at_once_where_too_many_calls_are_in_flight() {
    let (place, _) = place("e", "return new Promise(() => {});");
    let place = place.limit(1);
    let first = pool(vec![place.clone()]);
    let job = first.try_submit(double, 1).unwrap();
    offloop::sleep(std::time::Duration::from_millis(1)).await;
    assert_eq!(pool(vec![place.clone()]).run(double, 2).await, Err(Error::Full));
    drop(job);
    assert_eq!(place.load(), 0);
}

#[wasm_bindgen_test]
async fn a_reply_that_comes_twice_is_counted_once() {
    // The plain answer, as two frames of a stream.
    let twice = "const frame = await whole(url, init);
        const length = new Uint8Array(new Uint32Array([frame.length]).buffer);
        const body = new Blob([length, frame, length, frame]);
        return new Response(body, { status: 202 });";
    let pool = pool(vec![place("f", twice).0]);
    assert_eq!(pool.run(double, 21).await, Ok(42));
    assert_eq!(pool.run(double, 22).await, Ok(44));
    let stats = pool.stats();
    assert_eq!((stats.submitted, stats.finished, stats.failed.total()), (2, 2, 0));
}

#[wasm_bindgen_test]
async fn a_lane_that_never_answers_or_stops_in_a_frame_is_over_at_the_deadline() {
    for answer in [
        "return new Promise(() => {});",
        "return new Response(new ReadableStream({ start(out) { out.enqueue(new Uint8Array([9, 0, 0, 0, 79])); } }), { status: 202 });",
    ] {
        let (place, _) = place(answer, answer);
        let pool = pool(vec![place.clone()]);
        let soon = pool.within(std::time::Duration::from_millis(30));
        assert_eq!(soon.run(double, 21).await, Err(Error::TimedOut), "{answer}");
        assert_eq!((place.load(), pool.stats().running), (0, 0), "{answer}");
    }
}

#[wasm_bindgen_test]
async fn an_overloaded_lane_is_left_alone_and_others_do_the_work() {
    let overloaded = "throw Object.assign(new Error('too much'), { overloaded: true });";
    let (bad, asked) = place("g", overloaded);
    // On a machine that stands still, a retry may come after the bad lane's rest as well.
    let pool = Executor::edge(&TASKS, Options::default().retries(8), vec![bad, place("h", HONEST).0]);
    let start = now();
    for n in 0..20 {
        assert_eq!(pool.run(double, n).await, Ok(2 * n));
    }
    // Rests are 25 ms at the least, and twice as long each time.
    let most = 2.0 + ((now() - start).as_secs_f64() / 0.025 + 1.0).log2();
    assert!(number(&asked, "count") <= most, "it was asked {} times, {most} are right", number(&asked, "count"));
}

#[wasm_bindgen_test]
async fn a_wall_clock_that_jumps_changes_nothing() {
    let shift = |hours: f64| {
        let code = "globalThis.realNow ??= Date.now; const { realNow } = globalThis;
            Date.now = hours ? () => realNow() + (hours *= -1) * 3600000 : realNow;";
        Function::new_with_args("hours", code).call1(&JsValue::NULL, &hours.into()).unwrap();
    };
    // Each look at it finds it a day later, or earlier.
    shift(24.0);
    let pool = pool(vec![place("i", HONEST).0]);
    let results = join_all((0..50).map(|n| pool.within(std::time::Duration::from_secs(10)).run(double, n))).await;
    let late = offloop::timeout(std::time::Duration::from_millis(20), std::future::pending::<()>()).await;
    shift(0.0);
    assert_eq!(results, (0..50).map(|n| Ok(2 * n)).collect::<Vec<_>>());
    assert_eq!(late, Err(Error::TimedOut));
}

#[wasm_bindgen_test]
async fn a_lane_that_goes_leaves_its_places_to_others() {
    // The reply is there some time before the answer ends.
    let late = "const frame = await whole(url, init);
        const length = new Uint8Array(new Uint32Array([frame.length]).buffer);
        const body = new ReadableStream({ start(out) {
            out.enqueue(length);
            out.enqueue(frame);
            setTimeout(() => { try { out.close(); } catch {} }, 20);
        } });
        return new Response(body, { status: 202 });";
    let pool = pool(vec![place("j", late).0, place("k", late).0]);
    for round in 0..10 {
        pool.resize(2);
        let both = join_all((0..2).map(|n| pool.run(double, n)));
        let both = offloop::timeout(std::time::Duration::from_secs(5), both).await;
        assert_eq!(both, Ok(vec![Ok(0), Ok(2)]), "round {round}");
        pool.resize(1);
        offloop::sleep(std::time::Duration::from_millis(40)).await;
    }
}
