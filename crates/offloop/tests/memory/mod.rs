//! What becomes of a program whose memory is full. From a worker only: in the page, other tests look at how its memory grows.

use std::hint::black_box;

use offloop::{Error, LostReason};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser::liars::worker;
use crate::browser::tasks::double;
use crate::browser::{pool, pool_with};

/// Takes memory until no more of it can be had in one piece of this length.
fn hoard(length: usize) -> Vec<Vec<u8>> {
    let mut hoard = Vec::new();
    loop {
        let mut part = Vec::new();
        if part.try_reserve_exact(length).is_err() {
            return hoard;
        }
        hoard.push(black_box(part));
    }
}

#[wasm_bindgen_test]
async fn a_result_for_which_there_is_no_memory_costs_its_job_only() {
    let hoard = hoard(256 << 20);
    for answer in ["large", "[new Uint8Array(1), large]"] {
        let answer = format!("const large = new Uint8Array(2 ** 29); postMessage({answer}, [large.buffer]);");
        let result = pool_with(1, worker(&answer)).run(double, 21).await;
        assert!(matches!(&result, Err(Error::Lost { reason: LostReason::OutOfMemory, .. })), "{result:?}");
    }
    drop(hoard);
    assert_eq!(pool(1).run(double, 21).await, Ok(42));
}
