//! A worker that ends, in whatever way, is noticed: no job waits for it.

use std::time::Duration;

use futures_util::future::join_all;
use offloop::{Error, Executor, LostReason, WorkerOptions, sleep};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{
    closes, closes_later, double, imports_scripts, leaves_an_endless_promise, spin, takes_messages, throws, vanishes,
    vanishes_later,
};
use super::watch::live;
use super::{SOON, pool_with};

/// Pools of two lanes, whose workers are up: with shared memory and with messages.
async fn pools() -> [Executor; 2] {
    let pools = [true, false].map(|shared| pool_with(2, WorkerOptions::default().shared_memory(shared)));
    for pool in &pools {
        for result in join_all((0..2).map(|_| pool.run(spin, 20))).await {
            assert_eq!(result, Ok(20));
        }
    }
    pools
}

/// Every lane answers, and the pool can be closed.
async fn goes_on(pool: Executor, before: u32) {
    for round in 0..3 {
        let results = join_all((0..8).map(|n| pool.within(SOON).run(double, n))).await;
        assert!(results.iter().enumerate().all(|(n, done)| *done == Ok(2 * n as u64)), "round {round}: {results:?}");
        for result in join_all((0..2).map(|_| pool.within(SOON).run(spin, 20))).await {
            assert_eq!(result, Ok(20), "round {round}");
        }
    }
    let timeout = sleep(SOON);
    futures_util::future::select(
        Box::pin(pool.close()),
        Box::pin(async {
            timeout.await;
            panic!("close() does not end")
        }),
    )
    .await;
    assert!(live() <= before);
}

#[wasm_bindgen_test]
async fn a_worker_that_closes_itself_in_a_task_is_replaced() {
    for pool in pools().await {
        let before = live();
        for _ in 0..3 {
            // Its result was known before its worker ended.
            assert_eq!(pool.within(SOON).run(closes, ()).await, Ok(()));
        }
        goes_on(pool, before).await;
    }
}

#[wasm_bindgen_test]
async fn jobs_behind_one_that_closes_its_worker_run_elsewhere() {
    for pool in pools().await {
        let before = live();
        let first = pool.submit(closes, ()).await.unwrap();
        let results = join_all((0..20).map(|n| pool.within(SOON).run(double, n))).await;
        assert!(results.iter().enumerate().all(|(n, done)| *done == Ok(2 * n as u64)), "{results:?}");
        assert_eq!(first.await, Ok(()));
        goes_on(pool, before).await;
    }
}

#[wasm_bindgen_test]
async fn a_worker_that_is_closed_while_it_idles_is_replaced_before_the_next_job() {
    for pool in pools().await {
        let before = live();
        pool.run(closes_later, ()).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        goes_on(pool, before).await;
    }
}

#[wasm_bindgen_test]
async fn a_worker_that_vanishes_without_a_word_is_replaced() {
    for pool in pools().await {
        let before = live();
        for _ in 0..2 {
            let result = pool.within(SOON).run(vanishes, ()).await;
            assert!(matches!(result, Ok(()) | Err(Error::Lost { .. })), "{result:?}");
        }
        goes_on(pool, before).await;
    }
}

#[wasm_bindgen_test]
async fn a_worker_that_vanishes_while_it_idles_is_replaced() {
    for pool in pools().await {
        let before = live();
        pool.run(vanishes_later, ()).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        goes_on(pool, before).await;
    }
}

#[wasm_bindgen_test]
async fn a_job_whose_worker_vanishes_is_lost_and_says_so() {
    for pool in pools().await {
        let before = live();
        for _ in 0..2 {
            pool.run(vanishes_later, ()).await.unwrap();
        }
        // Both workers vanish with a job that must not run twice on its way to them, or before it is.
        sleep(Duration::from_millis(3)).await;
        for result in join_all((0..2).map(|_| pool.within(SOON).run(leaves_an_endless_promise, ()))).await {
            let told = matches!(&result, Err(Error::Lost { reason: LostReason::Closed, .. }));
            assert!(told || result == Ok(()), "{result:?}");
        }
        goes_on(pool, before).await;
    }
}

#[wasm_bindgen_test]
async fn what_a_task_does_to_its_worker_costs_no_other_job() {
    for pool in pools().await {
        let before = live();
        pool.within(SOON).run(takes_messages, ()).await.unwrap();
        pool.within(SOON).run(leaves_an_endless_promise, ()).await.unwrap();
        for result in [pool.within(SOON).run(throws, ()).await, pool.within(SOON).run(imports_scripts, ()).await] {
            assert!(matches!(result, Err(Error::Lost { .. })), "{result:?}");
        }
        goes_on(pool, before).await;
    }
}
