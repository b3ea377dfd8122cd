//! Places queens on a chess board, on Web Workers.

use futures_util::TryStreamExt;
use offloop::{Error, Executor, Options, WorkerOptions};
use wasm_bindgen::prelude::*;

/// In how many ways the rest of the queens can be placed if the first one stands in this column. The three numbers of `place` are
/// sets of columns, one bit each, that earlier queens attack: straight and along the two diagonals.
fn solutions(size: u32, first: u32) -> u32 {
    fn place(all: u32, straight: u32, left: u32, right: u32) -> u32 {
        if straight == all {
            return 1;
        }
        let mut free = all & !(straight | left | right);
        let mut found = 0;
        while free != 0 {
            let queen = free & free.wrapping_neg();
            free ^= queen;
            found += place(all, straight | queen, (left | queen) << 1, (right | queen) >> 1);
        }
        found
    }
    let queen = 1 << first;
    place((1 << size) - 1, queen, queen << 1, queen >> 1)
}

offloop::tasks! { #[idempotent] solutions }

/// Solutions for a board of this size, up to 16; one job for each column of the first queen.
#[wasm_bindgen]
pub async fn queens(size: u32) -> Result<u32, Error> {
    let size = size.clamp(1, 16);
    let pool = Executor::web_workers(&TASKS, Options::default(), WorkerOptions::default())?;
    let jobs = pool.map_unordered(solutions, (0..size).map(move |first| (size, first)));
    jobs.try_fold(0, |sum, found| std::future::ready(Ok(sum + found))).await
}
