//! A worker that breaks costs its own job only.

use futures_util::future::{join_all, join3};
use offloop::Error;
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{babbles, double, hoards, leaves_an_error, panics, recurses, spin, traps};
use super::{SOON, one_lane, pool};

#[wasm_bindgen_test]
async fn a_panic_ends_its_job_with_the_message() {
    let pool = one_lane().await;
    let failed = Err(Error::Failed { message: "seven is unlucky".into() });
    assert_eq!(pool.run(panics, "seven is unlucky".into()).await, failed);
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn jobs_beside_and_behind_a_panic_are_not_hurt() {
    let pool = pool(2);
    for _ in 0..20 {
        pool.run(double, 1).await.unwrap();
    }
    let before = join_all((0..40).map(|n| pool.within(SOON).run(double, n)));
    let failed = pool.within(SOON).run(panics, "no".into());
    let behind = join_all((0..40).map(|n| pool.within(SOON).run(double, n)));
    let (before, failed, behind) = join3(before, failed, behind).await;
    let doubled: Vec<_> = (0..40).map(|n| Ok(2 * n)).collect();
    assert_eq!((before, behind), (doubled.clone(), doubled));
    assert_eq!(failed, Err(Error::Failed { message: "no".into() }));
}

#[wasm_bindgen_test]
async fn a_trap_ends_its_job_with_the_cause() {
    let pool = one_lane().await;
    let lost = pool.within(SOON).run(traps, ()).await;
    assert!(matches!(&lost, Err(Error::Lost { cause }) if cause.contains("unreachable")), "{lost:?}");
    assert_eq!(pool.within(SOON).run(double, 5).await, Ok(10));
}

#[wasm_bindgen_test]
async fn endless_recursion_ends_its_job() {
    let pool = one_lane().await;
    let lost = pool.within(SOON).run(recurses, 0).await;
    assert!(matches!(lost, Err(Error::Lost { .. })), "{lost:?}");
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
async fn an_error_between_jobs_costs_no_job() {
    let pool = one_lane().await;
    pool.run(leaves_an_error, ()).await.unwrap();
    offloop::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(pool.within(SOON).run(spin, 1).await, Ok(1));
}
