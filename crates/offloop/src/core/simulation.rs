//! Drives the core through random schedules and checks, after each step, that no promise is broken.
//!
//! Everything that threads, networks and users decide is decided here by a seeded random number: what is submitted, awaited,
//! cancelled and dropped when; how long messages to and from lanes are on their way, and when the shell gets round to an action;
//! which lanes crash, refuse, answer twice; when the clock moves. So each schedule can be had again:
//!
//! ```text
//! OFFLOOP_SCHEDULES=1000000 cargo test --release -p offloop simulation    as many as you like (default 100,000)
//! OFFLOOP_FIRST=1000000 …                                                from this one on, where an earlier run has ended
//! OFFLOOP_SEED=4711 cargo test -p offloop simulation -- --nocapture       one of them, step by step
//! ```

mod far;
mod losses;
mod news;
mod planted;
mod promises;
mod random;
mod shell;
mod users;
mod world;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use world::World;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_schedule_keeps_the_promises() {
    if let Some(seed) = number("OFFLOOP_SEED") {
        return World::new(seed, true, None).run();
    }
    let first = number("OFFLOOP_FIRST").unwrap_or(0);
    let (end, next) = (first + number("OFFLOOP_SCHEDULES").unwrap_or(100_000), AtomicU64::new(first));
    let explore = || {
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= end {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| World::new(seed, false, None).run())).is_err() {
                next.store(end, Relaxed);
                panic!("schedule {seed} breaks a promise, see it with OFFLOOP_SEED={seed} and --nocapture");
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_| drop(scope.spawn(explore)));
    });
}
