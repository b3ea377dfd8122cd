//! A worker that does not come up is an answer, not a silence.

use std::time::Duration;

use offloop::{Error, LostReason, WorkerOptions, now};
use wasm_bindgen_test::wasm_bindgen_test;

use super::pool_with;
use super::tasks::{double, spin};
use super::watch::{data_script, live, started};

/// What becomes of a job on workers with this script, and how long that takes.
async fn run_on(script: &str, timeout: Duration) -> (Result<u64, Error>, Duration) {
    let pool = pool_with(1, WorkerOptions::default().script(script).start_timeout(timeout));
    let start = now();
    let result = pool.run(double, 1).await;
    (result, now() - start)
}

const LONG: Duration = Duration::from_secs(60);

fn cause(result: &Result<u64, Error>) -> &str {
    match result {
        Err(Error::Lost { reason: LostReason::NotStarted | LostReason::Crashed, cause }) => cause,
        other => panic!("{other:?}"),
    }
}

#[wasm_bindgen_test]
async fn a_script_that_is_not_there_is_told_at_once() {
    let (result, took) = run_on("/there/is/no/such.js", LONG).await;
    // The test runner wraps scripts in others that import them, which changes the words.
    let told = cause(&result).contains("could not load the worker script") || cause(&result).contains("such.js");
    assert!(told, "{result:?}");
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[wasm_bindgen_test]
async fn a_script_of_another_origin_is_told_at_once() {
    let (result, took) = run_on("http://127.0.0.2:9/worker.js", LONG).await;
    assert!(!cause(&result).is_empty());
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[wasm_bindgen_test]
async fn a_script_that_throws_is_told_with_its_error() {
    let (result, _) = run_on(&data_script("throw new Error('broken at birth')"), LONG).await;
    assert!(cause(&result).contains("broken at birth"), "{result:?}");
}

#[wasm_bindgen_test]
async fn a_script_that_says_nothing_is_given_up() {
    let (result, took) = run_on(&data_script(""), Duration::from_millis(300)).await;
    assert!(cause(&result).contains("300ms"), "{result:?}");
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[wasm_bindgen_test]
async fn a_page_that_stood_still_meanwhile_gives_its_workers_their_time() {
    let pool = pool_with(1, WorkerOptions::default().start_timeout(Duration::from_millis(1000)));
    let started = pool.submit(double, 2).await.unwrap();
    // As a page that was frozen, or that computes: its worker cannot be heard.
    spin(2500);
    assert_eq!(started.await, Ok(4));
}

#[wasm_bindgen_test]
async fn a_script_that_babbles_is_malformed() {
    let (result, _) = run_on(&data_script("postMessage(true); postMessage({ odd: 1 })"), LONG).await;
    assert!(matches!(result, Err(Error::Malformed { .. } | Error::Lost { .. })), "{result:?}");
}

#[wasm_bindgen_test]
async fn glue_that_is_not_there_is_told_with_its_address() {
    let pool = pool_with(1, WorkerOptions::default().glue("http://127.0.0.1:9/no/glue.js"));
    let result = pool.run(double, 1).await;
    assert!(cause(&result).contains("glue.js") || cause(&result).contains("module"), "{result:?}");
    assert!(!cause(&result).contains("in_lane"), "{result:?}");
}

#[wasm_bindgen_test]
async fn a_start_function_that_looks_for_the_page_is_told_of_in_lane() {
    let glue =
        data_script("export default () => { document.title = 'mine'; }; export const __offloop_serve = () => {};");
    let result = pool_with(1, WorkerOptions::default().glue(glue)).run(double, 1).await;
    assert!(cause(&result).contains("document") && cause(&result).contains("offloop::in_lane"), "{result:?}");
}

#[wasm_bindgen_test]
async fn a_broken_script_is_not_tried_again_and_again() {
    let (before, alive) = (started(), live());
    let pool = pool_with(2, WorkerOptions::default().script("/there/is/no/such.js"));
    let end = now() + Duration::from_millis(300);
    let mut jobs = 0;
    // On a busy machine a worker takes long to fail, and a job waits for it.
    while now() < end || jobs <= 10 {
        assert!(pool.run(double, 1).await.is_err());
        jobs += 1;
        offloop::sleep(Duration::from_millis(1)).await;
    }
    let tried = started() - before;
    assert!(jobs > 10 && tried < 12, "{jobs} jobs, {tried} workers");
    drop(pool);
    assert_eq!(live(), alive);
}

#[wasm_bindgen_test]
async fn a_worker_that_always_ends_before_its_first_reply_is_given_up() {
    let script = "postMessage(true); onmessage = () => postMessage({ cause: 'again', running: false })";
    let (result, took) = run_on(&data_script(script), LONG).await;
    assert_eq!(cause(&result), "again");
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[wasm_bindgen_test]
async fn a_worker_that_breaks_with_every_call_ends_them_all() {
    let script = "postMessage(true); onmessage = () => { throw new Error('at the call') }";
    let pool = pool_with(1, WorkerOptions::default().script(data_script(script)));
    for result in futures_util::future::join_all((0..5).map(|n| pool.run(double, n))).await {
        assert!(cause(&result).contains("at the call"), "{result:?}");
    }
}
