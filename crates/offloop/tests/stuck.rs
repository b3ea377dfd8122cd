//! Threads that are stuck in a job which nobody waits for any more: neither `close` nor the end of the process waits for them, and none stays
//! for longer than its task.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use futures_executor::block_on;
use offloop::{Error, Executor, Options};

static STARTED: AtomicBool = AtomicBool::new(false);
static MAY_END: AtomicBool = AtomicBool::new(false);

/// Does not ask whether somebody waits.
fn stubborn(_: ()) {
    STARTED.store(true, SeqCst);
    while !MAY_END.load(SeqCst) {
        sleep(Duration::from_millis(1));
    }
}

offloop::tasks! { stubborn }

/// Runs the test of this name in a process of its own; whether that ends well, and soon.
fn alone(name: &str, test: impl FnOnce()) {
    const HERE: &str = "OFFLOOP_STUCK";
    if env::var_os(HERE).is_some() {
        return test();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]).env(HERE, "").stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let ended = within(30, || child.try_wait().unwrap().is_some());
    let _ = child.kill();
    assert!(ended && child.wait().unwrap().success(), "it fails, or does not end");
}

/// Before a thread that has nothing to do ends by itself.
fn soon(is_so: impl FnMut() -> bool) -> bool {
    within(7, is_so)
}

fn within(seconds: u64, mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > Duration::from_secs(seconds) {
            return false;
        }
        sleep(Duration::from_millis(5));
    }
    true
}

/// An executor, closed or dropped, one of whose two threads is stuck.
fn stuck(close: bool) {
    let pool = Executor::threads(&TASKS, Options::default().lanes(2));
    let handle = pool.try_submit(stubborn, ()).unwrap();
    assert!(soon(|| STARTED.load(SeqCst)));
    assert!(handle.cancel());
    assert_eq!(block_on(handle), Err(Error::Cancelled));
    if close {
        block_on(pool.close());
    }
}

#[test]
fn the_process_ends_though_a_thread_is_stuck() {
    alone("the_process_ends_though_a_thread_is_stuck", || stuck(true));
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_is_stuck_ends_with_its_task() {
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
        names.filter(|name| name.starts_with("offloop-") && name.trim() != "offloop-timer").count()
    };
    alone("a_thread_that_is_stuck_ends_with_its_task", || {
        for close in [true, false] {
            STARTED.store(false, SeqCst);
            MAY_END.store(false, SeqCst);
            stuck(close);
            assert!(soon(|| threads() == 1), "{} threads, closed: {close}", threads());
            MAY_END.store(true, SeqCst);
            assert!(soon(|| threads() == 0), "{} threads stay, closed: {close}", threads());
        }
    });
}
