//! Jobs come back with their results.

use futures_util::future::join;
use offloop::Blob;
use wasm_bindgen_test::wasm_bindgen_test;

use super::pool;
use super::tasks::{double, invert, spin};

#[wasm_bindgen_test]
async fn blobs_go_in_and_out() {
    let pool = pool(1);
    for length in [0, 1, 10_000, 3 << 20] {
        let bytes: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[0]).collect();
        let inverted = pool.run(invert, Blob::from(bytes.clone())).await.unwrap();
        assert!(inverted.iter().zip(&bytes).all(|(a, b)| *a == !b) && inverted.len() == bytes.len());
    }
}

#[wasm_bindgen_test]
async fn two_lanes_run_at_the_same_time() {
    let pool = pool(2);
    pool.warm();
    let _ = join(pool.run(double, 1), pool.run(double, 2)).await;
    let start = offloop::now();
    let (a, b) = join(pool.run(spin, 300), pool.run(spin, 300)).await;
    assert_eq!((a, b), (Ok(300), Ok(300)));
    let took = offloop::now() - start;
    assert!(took.as_millis() < 550, "two jobs of 300 ms on two lanes took {took:?}");
}
