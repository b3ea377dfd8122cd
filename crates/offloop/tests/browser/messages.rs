//! Calls that are submitted together travel together.

use futures_util::future::join_all;
use futures_util::stream::StreamExt;
use offloop::{Executor, WorkerOptions};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{double, spin, tell};
use super::watch::{heard, posts};
use super::{one_lane, pool_with};

#[wasm_bindgen_test]
async fn calls_of_one_turn_leave_in_one_message() {
    let pool = one_lane().await;
    for _ in 0..50 {
        join_all((0..32).map(|n| pool.run(double, n))).await;
    }
    let before = posts();
    let results = join_all((0..32).map(|n| pool.run(double, n))).await;
    assert_eq!(results, (0..32).map(|n| Ok(2 * n)).collect::<Vec<_>>());
    let posts = posts() - before;
    // Not one: how many are sent ahead depends on how short they have been, and this build is not optimised.
    assert!(posts <= 12, "32 calls took {posts} messages");
}

/// A lane that has learned that these calls are short, and may be sent ahead.
async fn used_to_short_calls() -> Executor {
    let pool = one_lane().await;
    for _ in 0..10 {
        join_all((0..8).map(|n| pool.run(double, n))).await;
    }
    pool
}

/// Sends a short call and a long one in one message: the short one's result comes while the long one runs.
async fn the_short_one_comes_first(pool: &Executor) {
    let short = pool.try_submit(double, 4).unwrap();
    let long = pool.try_submit(spin, 500).unwrap();
    assert_eq!(short.await, Ok(8));
    assert!(!long.is_finished());
    assert_eq!(long.await, Ok(500));
}

#[wasm_bindgen_test]
async fn a_result_is_not_kept_while_a_long_job_of_the_same_message_runs() {
    let pool = used_to_short_calls().await;
    // The worker does not know how long the second one takes, since it has not run there.
    the_short_one_comes_first(&pool).await;
}

#[wasm_bindgen_test]
async fn a_task_that_was_long_lately_keeps_no_result_waiting() {
    let pool = used_to_short_calls().await;
    assert_eq!(pool.run(spin, 200).await, Ok(200));
    // The last time it is as short as can be.
    assert_eq!(pool.run(spin, 0).await, Ok(0));
    // Where calls come in one turn, the next ones travel together.
    join_all((0..8).map(|n| pool.run(double, n))).await;
    the_short_one_comes_first(&pool).await;
}

#[wasm_bindgen_test]
async fn progress_is_told_once_a_frame() {
    let pool = pool_with(1, WorkerOptions::default().shared_memory(false));
    pool.run(double, 1).await.unwrap();
    let before = heard();
    let told = pool.submit(tell, 320).await.unwrap();
    let reports: Vec<_> = told.progress_stream().collect().await;
    assert_eq!(told.await, Ok(320));
    // 20 of them, and the result; fewer where others have the processors for a part of the time.
    let messages = heard() - before;
    assert!((6..=25).contains(&messages), "{messages} messages");
    assert!(reports.len() > 5, "{reports:?}");
}
