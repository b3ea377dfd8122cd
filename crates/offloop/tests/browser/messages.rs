//! Calls that are submitted together travel together.

use futures_util::future::join_all;
use wasm_bindgen_test::wasm_bindgen_test;

use super::one_lane;
use super::tasks::double;
use super::watch::posts;

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
