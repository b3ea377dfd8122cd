//! Threads take short calls a few at a time; nobody is to notice but by the clock.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use futures_executor::block_on;
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use offloop::{Executor, Options};

/// Short, unless it is told to take that long.
fn nap(microseconds: u64) -> u64 {
    if microseconds > 0 {
        std::thread::sleep(Duration::from_micros(microseconds));
    }
    microseconds
}

offloop::tasks! { nap }

/// Longer than the others may take on a busy machine, and far longer than the look that ends their wait.
const LONG: u64 = 3_000_000;

/// An executor that has learned that naps are short.
fn used_to_short_naps(lanes: usize) -> Executor {
    let pool = Executor::threads(&TASKS, Options::default().lanes(lanes));
    learn_short_naps(&pool);
    pool
}

fn learn_short_naps(pool: &Executor) {
    for _ in 0..50 {
        assert!(block_on(join_all((0..64).map(|_| pool.run(nap, 0)))).iter().all(|nap| *nap == Ok(0)));
    }
}

/// Calls behind one that is long against all experience are run by the other thread, and replies before it are given.
#[test]
fn nothing_waits_for_a_call_that_turns_out_to_be_long() {
    for place in [0, 1, 5, 15, 16, 40] {
        // The one before has a thread that is still asleep.
        let pool = used_to_short_naps(2);
        let start = Instant::now();
        // One after the other, as they are polled in that order.
        let naps: FuturesUnordered<_> = (0..64).map(|n| pool.run(nap, if n == place { LONG } else { 0 })).collect();
        let short = block_on(naps.take(63).collect::<Vec<_>>());
        assert!(short.iter().all(|nap| *nap == Ok(0)), "at {place}");
        assert!(start.elapsed() < Duration::from_micros(LONG / 2), "at {place}: {:?}", start.elapsed());
    }
}

/// With one thread there is nobody to run what is behind the long call, but what came before it is told.
#[test]
fn replies_before_a_long_call_are_given_while_it_runs() {
    let pool = used_to_short_naps(1);
    let start = Instant::now();
    let naps: FuturesUnordered<_> = (0..64).map(|n| pool.run(nap, if n == 20 { LONG } else { 0 })).collect();
    let short = block_on(naps.take(20).collect::<Vec<_>>());
    assert!(short.iter().all(|nap| *nap == Ok(0)));
    assert!(start.elapsed() < Duration::from_micros(LONG / 2), "{:?}", start.elapsed());
}

/// Replies are held for some microseconds only; one that was held for longer is given before the next call, long or not.
#[test]
fn a_reply_that_is_due_is_given_before_a_long_call() {
    const DUE: u64 = 200;
    let pool = used_to_short_naps(1);
    for _ in 0..3 {
        let start = Instant::now();
        let naps: FuturesUnordered<_> =
            [0, 0, DUE, LONG].into_iter().chain([0; 60]).map(|nap_for| pool.run(nap, nap_for)).collect();
        let short = block_on(naps.take(3).collect::<Vec<_>>());
        assert_eq!(short, [Ok(0), Ok(0), Ok(DUE)]);
        assert!(start.elapsed() < Duration::from_micros(LONG / 2), "{:?}", start.elapsed());
        learn_short_naps(&pool);
    }
}

/// A call that a thread has taken with others, and not begun, is dropped when it is cancelled.
#[test]
fn a_call_taken_ahead_never_starts_once_it_is_cancelled() {
    let pool = used_to_short_naps(1);
    let long = block_on(pool.submit(nap, 300_000)).unwrap();
    let behind: Vec<_> = (0..8).map(|_| pool.try_submit(nap, LONG).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(100));
    assert!(behind.iter().all(offloop::Handle::cancel));
    let start = Instant::now();
    assert_eq!(block_on(long), Ok(300_000));
    assert_eq!(block_on(pool.run(nap, 0)), Ok(0));
    assert!(start.elapsed() < Duration::from_micros(LONG / 2), "{:?}", start.elapsed());
}
