//! A worker that answers late, twice, for others, or with damaged bytes ends each job once, and never with a silence.

use std::time::Duration;

use offloop::wire::{Event, Payload, Reply, encode_events};
use offloop::{Error, LostReason, WorkerOptions, sleep};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{TASKS, double};
use super::watch::{data_script, live};
use super::{SOON, pool_with};

/// The bytes of a reply to the call with this id, as a script has them.
fn reply(id: u64, result: u8) -> String {
    let result = Ok(Payload { bytes: vec![result].into(), blobs: Vec::new() });
    let mut frame = Vec::new();
    encode_events(TASKS.fingerprint(), &[Event::Reply(Reply { id, busy: Duration::ZERO, result })], &mut frame, None);
    format!("new Uint8Array({frame:?})")
}

/// A worker that is up at once and does this for each message with calls; `count` is the number of those before.
pub(crate) fn worker(answer: &str) -> WorkerOptions {
    let script =
        format!("let count = 0; onmessage = () => {{ if (count++ === 0) return postMessage(true); {answer} }};");
    WorkerOptions::default().script(data_script(&script))
}

#[wasm_bindgen_test]
async fn a_second_reply_is_nobodys() {
    let (first, second) = (reply(1, 42), reply(2, 44));
    let pool = pool_with(
        1,
        worker(&format!("postMessage({first}); postMessage({first}); if (count === 3) postMessage({second});")),
    );
    assert_eq!(pool.run(double, 21).await, Ok(42));
    // The reply to the first call comes twice more before that to the second.
    assert_eq!(pool.run(double, 22).await, Ok(44));
    let stats = pool.stats();
    assert_eq!((stats.submitted, stats.finished, stats.failed.total()), (2, 2, 0));
}

#[wasm_bindgen_test]
async fn a_reply_to_another_call_is_not_taken_for_ones_own() {
    let pool = pool_with(1, worker(&format!("postMessage({});", reply(7, 1))));
    let result = pool.within(Duration::from_millis(200)).run(double, 21).await;
    assert_eq!(result, Err(Error::TimedOut));
}

#[wasm_bindgen_test]
async fn a_reply_after_the_deadline_is_nobodys() {
    let before = live();
    let pool = pool_with(1, worker(&format!("setTimeout(() => postMessage({}), 150);", reply(1, 42))));
    assert_eq!(pool.within(Duration::from_millis(50)).run(double, 21).await, Err(Error::TimedOut));
    sleep(Duration::from_millis(200)).await;
    assert_eq!((pool.stats().finished, pool.stats().failed.timed_out), (0, 1));
    drop(pool);
    assert_eq!(live(), before);
}

#[wasm_bindgen_test]
async fn half_a_frame_is_malformed() {
    let pool = pool_with(1, worker(&format!("postMessage({}.slice(0, -1));", reply(1, 42))));
    let result = pool.run(double, 21).await;
    assert!(matches!(result, Err(Error::Malformed { .. })), "{result:?}");
}

#[wasm_bindgen_test]
async fn a_worker_of_another_build_is_not_believed() {
    let damaged = format!("const other = {}; other[5] ^= 1; postMessage(other);", reply(1, 42));
    let pool = pool_with(1, worker(&damaged));
    let result = pool.run(double, 21).await;
    assert!(matches!(result, Err(Error::Skew { .. })), "{result:?}");
    assert!(matches!(pool.run(double, 22).await, Err(Error::Skew { .. })));
}

#[wasm_bindgen_test]
async fn one_that_has_worked_and_breaks_for_good_is_given_up() {
    // From then on all that are started end with their first call, and say that it had not begun.
    let script = format!(
        "const end = {} + 500; postMessage(true); let count = 0;
         onmessage = () => {{
             if (count++ === 0) return;
             postMessage(Date.now() < end ? {} : {{ cause: 'again', running: false }});
         }};",
        js_sys::Date::now(),
        reply(1, 42)
    );
    let pool = pool_with(1, WorkerOptions::default().script(data_script(&script)));
    assert_eq!(pool.run(double, 21).await, Ok(42));
    sleep(Duration::from_millis(600)).await;
    let result = pool.within(SOON).run(double, 21).await;
    assert!(
        matches!(&result, Err(Error::Lost { reason: LostReason::NotStarted, cause }) if cause == "again"),
        "{result:?}"
    );
}

#[wasm_bindgen_test]
async fn one_that_comes_up_too_late_is_given_up() {
    let script = data_script("setTimeout(() => postMessage(true), 300)");
    let options = WorkerOptions::default().script(script).start_timeout(Duration::from_millis(100));
    let pool = pool_with(1, options);
    let result = pool.run(double, 21).await;
    assert!(
        matches!(&result, Err(Error::Lost { reason: LostReason::NotStarted, cause }) if cause.contains("100ms")),
        "{result:?}"
    );
    sleep(Duration::from_millis(300)).await;
    assert_eq!(pool.stats().running, 0);
}
