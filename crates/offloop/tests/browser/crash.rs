//! A worker that breaks costs its own job only.

use offloop::{Error, LostReason};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{
    babbles, double, garbles, hoards, leaves_an_error, panics, recurses, spin, tells_its_console, traps,
};
use super::watch::console_said;
use super::{SOON, one_lane};

#[wasm_bindgen_test]
async fn a_panic_is_shown_in_the_console_once_with_its_place() {
    let pool = one_lane().await;
    pool.run(tells_its_console, ()).await.unwrap();
    let Err(Error::Failed { message }) = pool.run(panics, "on purpose".to_owned()).await else {
        panic!("it did not fail")
    };
    offloop::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(console_said(), message);
    assert!(message.starts_with("on purpose (offloop/tests/browser/tasks.rs:"), "{message}");
}

#[wasm_bindgen_test]
async fn a_trap_ends_its_job_with_the_cause() {
    let pool = one_lane().await;
    let lost = pool.within(SOON).run(traps, ()).await;
    assert!(
        matches!(&lost, Err(Error::Lost { reason: LostReason::Crashed, cause }) if cause.contains("unreachable")),
        "{lost:?}"
    );
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn endless_recursion_ends_its_job() {
    let pool = one_lane().await;
    let lost = pool.within(SOON).run(recurses, 0).await;
    assert!(matches!(lost, Err(Error::Lost { reason: LostReason::Crashed, .. })), "{lost:?}");
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn exhausted_memory_ends_its_job() {
    let pool = one_lane().await;
    let lost = pool.within(SOON * 4).run(hoards, ()).await;
    assert!(matches!(lost, Err(Error::Lost { .. } | Error::Failed { .. })), "{lost:?}");
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn a_foreign_message_is_malformed() {
    let pool = one_lane().await;
    let result = pool.within(SOON).run(babbles, ()).await;
    assert!(matches!(result, Err(Error::Malformed { .. })), "{result:?}");
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn a_message_that_does_not_reach_the_worker_is_no_silence() {
    let pool = one_lane().await;
    let lost = pool.within(SOON).run(garbles, ()).await;
    assert!(
        matches!(&lost, Err(Error::Lost { reason: LostReason::Crashed, cause }) if cause.contains("cannot be read")),
        "{lost:?}"
    );
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn an_error_between_jobs_costs_no_job() {
    let pool = one_lane().await;
    pool.run(leaves_an_error, ()).await.unwrap();
    offloop::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(pool.within(SOON).run(spin, 1).await, Ok(1));
}
