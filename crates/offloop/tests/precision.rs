//! No timer rings early, by the most precise clock there is.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::future::pending;
use std::thread;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use offloop::{Error, Executor, Options, interval, now, sleep, sleep_until, timeout};

fn nap(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

offloop::tasks! { nap }

/// Around the clock's step, and around a millisecond.
const LENGTHS: [u64; 10] = [1, 999, 1_000, 1_001, 1_999, 2_001, 5_500, 99_999, 999_999, 1_000_001];

fn never_early(what: &str, wait: impl AsyncFn(Duration)) {
    for _ in 0..100 {
        for nanos in LENGTHS {
            let length = Duration::from_nanos(nanos);
            let start = Instant::now();
            block_on(wait(length));
            let took = start.elapsed();
            assert!(took >= length, "{what} of {length:?} took {took:?}");
        }
    }
}

#[test]
fn sleeps_timeouts_and_ticks_are_never_early() {
    never_early("a sleep", async |length| sleep(length).await);
    never_early("a sleep until later", async |length| sleep_until(now() + length + Duration::from_micros(1)).await);
    never_early("a timeout", async |length| assert_eq!(timeout(length, pending::<()>()).await, Err(Error::TimedOut)));
    never_early("an interval", async |length| {
        let mut ticks = interval(length);
        ticks.tick().await;
        let second = Instant::now();
        ticks.tick().await;
        // Ticks are a period apart, whenever the one before was noticed.
        assert!(second.elapsed() < length * 2 + Duration::from_secs(1));
    });
}

#[test]
fn a_job_has_all_the_time_that_it_was_given() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1).queue(0));
    let _busy = pool.try_submit(nap, 600).unwrap();
    for nanos in LENGTHS {
        let length = Duration::from_nanos(nanos);
        for _ in 0..20 {
            let start = Instant::now();
            // It waits for room.
            assert_eq!(block_on(pool.within(length).run(nap, 0)), Err(Error::TimedOut));
            assert!(start.elapsed() >= length, "{length:?} were over after {:?}", start.elapsed());
        }
    }
}

#[test]
fn a_moment_plus_a_time_is_never_before_both() {
    let start = offloop::Instant::from_micros(7);
    assert_eq!((start + Duration::from_nanos(1)).as_micros(), 8);
    assert_eq!((start + Duration::from_nanos(1_000)).as_micros(), 8);
    assert_eq!((start + Duration::from_nanos(1_001)).as_micros(), 9);
    assert_eq!((start + Duration::ZERO).as_micros(), 7);
    assert_eq!((start + Duration::MAX).as_micros(), u64::MAX);
    assert_eq!(start - Duration::MAX, offloop::Instant::from_micros(0));
}
