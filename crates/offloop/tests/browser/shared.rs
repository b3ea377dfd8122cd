//! Shared memory carries what is short, messages the rest, and nobody sees a difference. The test runner's pages are isolated.

use std::time::Duration;

use futures_util::future::{join, join_all};
use offloop::{Blob, Error, Executor, WorkerOptions, sleep};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::{dawdle, double, invert, order, pad, slow_pad, spin, spin_for_ever, traps};
use super::watch::{data_script, is_isolated, posts};
use super::{SOON, one_lane, pool_with};

/// Messages that are posted to workers meanwhile.
async fn posted(work: impl Future) -> u32 {
    let before = posts();
    work.await;
    posts() - before
}

async fn one_after_the_other(pool: &Executor, count: u64) {
    for n in 0..count {
        assert_eq!(pool.run(double, n).await, Ok(2 * n));
    }
}

#[wasm_bindgen_test]
async fn short_calls_are_no_messages() {
    assert!(is_isolated(), "the test runner's pages are isolated, or nothing here tests shared memory");
    let pool = one_lane().await;
    // The first finds the worker in its event loop, and so may one after a pause of the machine.
    let posts = posted(one_after_the_other(&pool, 200)).await;
    assert!(posts < 20, "{posts} messages for 200 calls");
}

#[wasm_bindgen_test]
async fn without_the_option_each_is_one() {
    let pool = pool_with(1, WorkerOptions::default().shared_memory(false));
    one_after_the_other(&pool, 1).await;
    assert_eq!(posted(one_after_the_other(&pool, 50)).await, 50);
}

#[wasm_bindgen_test]
async fn a_worker_that_was_at_rest_is_called() {
    let pool = one_lane().await;
    for pause in [1, 5, 15, 19, 20, 21, 25, 60] {
        sleep(Duration::from_millis(pause)).await;
        assert_eq!(pool.within(SOON).run(double, pause).await, Ok(2 * pause));
    }
}

#[wasm_bindgen_test]
async fn timers_of_a_task_ring_once_its_worker_is_at_rest() {
    let pool = one_lane().await;
    pool.run(dawdle, 1).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(pool.run(order, 0).await, Ok(vec![1, 0]));
}

#[wasm_bindgen_test]
async fn long_and_short_ones_run_in_the_order_they_were_sent() {
    let pool = one_lane().await;
    for _ in 0..20 {
        pool.run(order, 0).await.unwrap();
    }
    for round in 0..50 {
        // Sent behind a job that takes a while, so that all are on the way at once.
        let busy = pool.run(spin, 2);
        let jobs = (0..20_u32).map(|n| {
            let padding = if n % 3 == round % 3 { 6000 } else { usize::try_from(n).unwrap() };
            pool.run(pad, (n, vec![7; padding], 0))
        });
        let (_, padded) = join(busy, join_all(jobs)).await;
        assert!(padded.iter().enumerate().all(|(n, done)| done.as_ref().unwrap().0 as usize == n));
        let (last, seen) = (20, pool.run(order, 20).await.unwrap());
        assert_eq!(seen, (0..=last).collect::<Vec<_>>(), "round {round}");
    }
}

#[wasm_bindgen_test]
async fn results_of_all_lengths_arrive_whole() {
    let pool = one_lane().await;
    for length in (0..300).chain((3900..4200).step_by(7)).chain([8192, 16_384, 100_000]) {
        let (n, padding) = pool.run(pad, (1, vec![3; length], length)).await.unwrap();
        assert!(n == 1 && padding == vec![1; length], "{length}");
    }
}

#[wasm_bindgen_test]
async fn a_full_ring_loses_nothing() {
    let pool = one_lane().await;
    for _ in 0..20 {
        pool.run(slow_pad, (0, 0)).await.unwrap();
    }
    let handles = join_all((0..60).map(|n| pool.submit(slow_pad, (n, 3000)))).await;
    sleep(Duration::from_millis(1)).await;
    // The page does not listen: what comes meanwhile does not fit.
    spin(60);
    for (n, result) in join_all(handles.into_iter().map(Result::unwrap)).await.into_iter().enumerate() {
        assert_eq!(result, Ok((u32::try_from(n).unwrap(), vec![1; 3000])));
    }
}

#[wasm_bindgen_test]
async fn blobs_and_short_calls_go_side_by_side() {
    let pool = pool_with(2, WorkerOptions::default());
    for length in [0, 10, 5000, 1 << 20] {
        let blobs = join_all((0..4).map(|_| pool.run(invert, Blob::from(vec![1; length]))));
        let short = join_all((0..40).map(|n| pool.run(double, n)));
        let (blobs, short) = join(blobs, short).await;
        assert!(blobs.into_iter().all(|blob| blob.unwrap().iter().all(|byte| *byte == 254)));
        assert!(short.into_iter().enumerate().all(|(n, result)| result == Ok(2 * n as u64)));
    }
}

#[wasm_bindgen_test]
async fn a_worker_that_is_ended_takes_its_ring_with_it() {
    let pool = pool_with(2, WorkerOptions::default());
    for n in 0..6 {
        let endless = pool.submit(spin_for_ever, ()).await.unwrap();
        let (short, lost) =
            join(join_all((0..30).map(|n| pool.within(SOON).run(double, n))), pool.within(SOON).run(traps, ())).await;
        assert!(short.into_iter().enumerate().all(|(n, result)| result == Ok(2 * n as u64)), "round {n}");
        assert!(matches!(lost, Err(Error::Lost { .. })), "{lost:?}");
        endless.cancel();
        assert_eq!(endless.await, Err(Error::Cancelled));
    }
    assert_eq!(pool.within(SOON).run(double, 4).await, Ok(8));
}

/// A worker that does this to its rings when the first call comes; `words` are their numbers, `bytes` the bytes.
fn liar(lie: &str) -> WorkerOptions {
    let script = format!(
        "const memory = new SharedArrayBuffer(32896), words = new Int32Array(memory), bytes = new Uint8Array(memory);
         onmessage = () => {{
             postMessage(memory);
             onmessage = () => {{ const out = 4112; {lie}; Atomics.add(words, out, 1); Atomics.notify(words, out); }};
         }};"
    );
    WorkerOptions::default().script(data_script(&script))
}

#[wasm_bindgen_test]
async fn a_damaged_ring_is_malformed() {
    for lie in [
        "words[out + 2] = 24; words[out + 16] = 5",
        "words[out + 2] = 24; words[out + 16] = -1",
        "words[out + 2] = 24; words[out + 16] = 2 ** 30",
        "words[out + 2] = -8; words[out + 16] = 10",
        "words[out + 2] = 1 << 20; words[out + 16] = 10",
        "bytes.fill(0xa7, 64 + 16384 + 64); words[out + 2] = 16384",
    ] {
        let result = pool_with(1, liar(lie)).within(SOON).run(double, 21).await;
        assert!(matches!(result, Err(Error::Malformed { .. })), "{lie}: {result:?}");
    }
}

#[wasm_bindgen_test]
async fn a_ring_that_says_nothing_ends_at_the_deadline() {
    let pool = pool_with(1, liar(""));
    let result = pool.within(Duration::from_millis(100)).run(double, 21).await;
    assert_eq!(result, Err(Error::TimedOut));
}

#[wasm_bindgen_test]
async fn memory_that_was_not_asked_for_is_foreign() {
    let pool = pool_with(1, liar("").shared_memory(false));
    let result = pool.within(SOON).run(double, 21).await;
    assert!(matches!(result, Err(Error::Malformed { .. } | Error::Lost { .. })), "{result:?}");
}
