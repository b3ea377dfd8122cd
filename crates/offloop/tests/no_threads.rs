//! Where the system gives no thread: whatever needs one ends with an error that says so, and whatever does not goes on.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, thread};

use futures_executor::block_on;
use offloop::lane::{self, Events, Factory, Lane, Loss, Stop, Traits};
use offloop::wire::Call;
use offloop::{Error, Executor, Handle, LostReason, Options, Refused};

fn double(n: u32) -> u32 {
    2 * n
}

/// Tried again when it is lost.
fn again(n: u32) -> u32 {
    n
}

/// Never answered by lanes of our own.
fn never(_: u32) {}

offloop::tasks! { double, #[idempotent] again, never }

/// Runs the test of this name in a process of its own, all of whose threads would need a stack that no machine has memory for.
fn without_threads(name: &str, test: impl FnOnce()) {
    const HERE: &str = "OFFLOOP_WITHOUT_THREADS";
    if env::var_os(HERE).is_some() {
        thread::Builder::new().spawn(|| ()).expect_err("a thread is started, so that this shows nothing");
        return test();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--test-threads", "1", "--nocapture"]);
    command.env(HERE, "").env("RUST_MIN_STACK", (1_u64 << 62).to_string()).stdout(Stdio::null());
    let (mut child, start) = (command.spawn().unwrap(), Instant::now());
    while child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    assert!(child.wait().unwrap().success(), "it fails, or waits for ever");
}

/// A lane that runs calls in the thread that sends them, but for some.
struct Own(Events);

impl Lane for Own {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false }
    }
    fn send(&self, call: Arc<Call>) {
        match call.task {
            0 => lane::run(&TASKS, &call, &self.0),
            1 => self.0.lost(
                &[call.id],
                Error::Lost { reason: LostReason::Other, cause: "in a test".to_owned() },
                Loss::MaybeRan,
            ),
            _ => {}
        }
    }
    fn cancel(&self, _: u64) {}
    fn close(&self) {}
}

fn own_lane() -> Executor {
    let factory: Factory = Box::new(|events| Box::new(Own(events)));
    Executor::with_lanes(&TASKS, Options::default().lanes(1).retries(3), factory)
}

fn what_is_lost<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Lost { reason: LostReason::NoThread, cause }) => cause,
        other => panic!("{other:?}"),
    }
}

fn end<T>(handle: Result<Handle<T>, Refused<u32>>) -> Result<T, Error>
where
    Handle<T>: Future<Output = Result<T, Error>>,
{
    block_on(handle?)
}

#[test]
fn a_job_for_threads_ends_with_what_the_system_said() {
    without_threads("a_job_for_threads_ends_with_what_the_system_said", || {
        let pool = Executor::threads(&TASKS, Options::default());
        pool.warm();
        // One has a deadline, and nobody could look to it either.
        for pool in [&pool, &pool.within(Duration::from_secs(60)), &pool] {
            let cause = what_is_lost(block_on(pool.run(double, 1)));
            assert!(cause.starts_with("no thread could be started") && cause.contains("allow"), "{cause}");
            let cause = what_is_lost(end(pool.try_submit(double, 1)));
            assert!(cause.starts_with("no thread could be started"), "{cause}");
        }
        block_on(pool.close());
    });
}

/// Lanes can do without threads, and jobs without deadlines do without the one of all timers.
#[test]
fn a_job_whose_deadline_nobody_can_look_to_is_lost() {
    without_threads("a_job_whose_deadline_nobody_can_look_to_is_lost", || {
        let pool = own_lane();
        let late = pool.within(Duration::from_secs(60)).try_submit(never, 1);
        let cause = what_is_lost(end(late));
        assert!(cause.starts_with("no thread could be started for timers"), "{cause}");
        drop(pool);

        let pool = own_lane();
        assert_eq!(block_on(pool.run(double, 21)), Ok(42));
        // What is done at once needs no deadline.
        assert_eq!(block_on(pool.within(Duration::from_secs(60)).run(double, 21)), Ok(42));
        let inline = Executor::inline(&TASKS, Options::default());
        assert_eq!(block_on(inline.within(Duration::from_secs(60)).run(double, 21)), Ok(42));
    });
}

#[test]
fn a_job_that_nobody_can_wake_after_a_pause_is_lost() {
    without_threads("a_job_that_nobody_can_wake_after_a_pause_is_lost", || {
        let pool = own_lane();
        let cause = what_is_lost(block_on(pool.run(again, 1)));
        assert!(cause.starts_with("no thread could be started for timers"), "{cause}");
        // The lane rests after it, and nobody could say when that is over.
        assert_eq!(block_on(pool.run(double, 21)), Ok(42));
    });
}

#[test]
fn timers_ring_in_the_thread_that_waits_for_them() {
    without_threads("timers_ring_in_the_thread_that_waits_for_them", || {
        let start = Instant::now();
        block_on(offloop::sleep(Duration::from_millis(30)));
        assert!(start.elapsed() >= Duration::from_millis(30));
        let late = offloop::timeout(Duration::from_millis(10), std::future::pending::<()>());
        assert_eq!(block_on(late), Err(Error::TimedOut));
        // Waiting for room as well.
        let pool = own_lane();
        let _running = pool.try_submit(never, 1).unwrap();
        while pool.try_submit(never, 1).is_ok_and(|handle| {
            handle.detach();
            true
        }) {}
        assert_eq!(block_on(pool.within(Duration::from_millis(10)).run(never, 1)), Err(Error::TimedOut));
    });
}
