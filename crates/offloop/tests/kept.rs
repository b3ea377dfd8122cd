//! A result may wait for long until somebody asks for it. Its argument is not kept for as long. One test, since the counter is for the
//! whole process.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use futures_executor::block_on;
use offloop::{Executor, Options};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

fn length(text: String) -> usize {
    text.len()
}

offloop::tasks! { length }

#[test]
fn arguments_are_not_kept_with_their_results() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let before = MEMORY.current_usage();
    let handle = block_on(pool.submit(length, "a".repeat(8 * MIB))).unwrap();
    let start = Instant::now();
    let kept = || MEMORY.current_usage().saturating_sub(before);
    // The thread lets go of the call some moments after it has said that it is done.
    while (!handle.is_finished() || kept() > MIB) && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(handle.is_finished() && kept() <= MIB, "{} MiB are kept", kept() / MIB);
    assert_eq!(block_on(handle), Ok(8 * MIB));
}
