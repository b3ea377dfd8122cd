//! Threads take short calls a few at a time; nobody is to notice but by the clock.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

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

offloop::tasks! { nap, step }

/// Waits, but not for ever: where threads hold replies and take calls from each other, what goes wrong is that one is lost.
fn ended<F: Future>(future: F) -> F::Output {
    let in_time = futures_executor::block_on(offloop::timeout(Duration::from_secs(60), future));
    in_time.expect("somebody waits for ever: a call or a reply is lost")
}

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
        assert!(ended(join_all((0..64).map(|_| pool.run(nap, 0)))).iter().all(|nap| *nap == Ok(0)));
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
        let short = ended(naps.take(63).collect::<Vec<_>>());
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
    let short = ended(naps.take(20).collect::<Vec<_>>());
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
        let mut short = ended(naps.take(3).collect::<Vec<_>>());
        // A future that its thread was interrupted in may find its result before the others are looked at.
        short.sort_by_key(|nap| nap.clone().ok());
        assert_eq!(short, [Ok(0), Ok(0), Ok(DUE)]);
        assert!(start.elapsed() < Duration::from_micros(LONG / 2), "{:?}", start.elapsed());
        learn_short_naps(&pool);
    }
}

/// What `step` is to do: wait until it is let go, or count.
const WAIT: u64 = 1;
const COUNT: u64 = 2;

static WAITS: AtomicBool = AtomicBool::new(false);
static COUNTED: AtomicUsize = AtomicUsize::new(0);

fn step(what: u64) {
    if what == WAIT {
        WAITS.store(true, SeqCst);
        while WAITS.load(SeqCst) {
            std::thread::yield_now();
        }
    }
    COUNTED.fetch_add(usize::from(what == COUNT), SeqCst);
}

/// A call that a thread has taken with others, and not begun, is dropped when it is cancelled.
#[test]
fn a_call_taken_ahead_never_starts_once_it_is_cancelled() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    for _ in 0..20 {
        for _ in 0..20 {
            ended(join_all((0..64).map(|_| pool.run(step, 0)))).into_iter().for_each(Result::unwrap);
        }
        // Nothing is sent ahead behind this one. With its end all the others are, and the thread takes them together.
        let nap = ended(pool.submit(nap, 5_000)).unwrap();
        let first = pool.try_submit(step, WAIT).unwrap();
        let behind: Vec<_> = (0..8).map(|_| pool.try_submit(step, COUNT).unwrap()).collect();
        let start = Instant::now();
        while !WAITS.load(SeqCst) {
            assert!(start.elapsed() < Duration::from_secs(60), "the first call never starts");
            std::hint::spin_loop();
        }
        // In a millisecond they would be taken from the thread again, since the first one is long.
        assert!(behind.iter().all(offloop::Handle::cancel));
        WAITS.store(false, SeqCst);
        assert_eq!((ended(nap), ended(first)), (Ok(5_000), Ok(())));
        assert_eq!(ended(pool.run(step, 0)), Ok(()));
        assert_eq!(COUNTED.load(SeqCst), 0, "calls have started that were cancelled before");
    }
}
