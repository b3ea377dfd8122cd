//! What the library does while a thread ends, and its thread locals with it: a panic that is caught there stays harmless, and jobs can still be
//! submitted. And other code that panics where it should not: hooks, payloads, destructors.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, set_hook, take_hook};
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::{env, thread};

use futures_executor::block_on;
use futures_util::StreamExt;
use offloop::{Blob, Error, Executor, Options};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn fail(message: String) {
    panic_any(message)
}

fn length(bytes: Blob) -> usize {
    bytes.len()
}

fn same(n: u32) -> u32 {
    n
}

/// Panics when it is dropped, but for once.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("in a destructor");
        }
    }
}

impl Serialize for Bomb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Bomb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self)
    }
}

fn takes_bomb(_: Bomb) {}

fn gives_bomb() -> Bomb {
    Bomb
}

/// A payload whose own destructor panics, which is neither text.
fn throws_bomb() {
    panic_any(Bomb)
}

offloop::tasks! { fail, length, #[idempotent] same, takes_bomb, gives_bomb, throws_bomb }

/// Runs the test of this name in a process of its own, which must not be aborted.
fn in_a_process(name: &str, test: impl FnOnce()) {
    const HERE: &str = "OFFLOOP_IN_A_PROCESS";
    if env::var_os(HERE).is_some() {
        return test();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--test-threads", "1", "--nocapture"]);
    let output = command.env(HERE, "").stdout(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Does this when the thread's other locals are gone: the one that is made first is destroyed last.
struct Last(Box<dyn FnOnce()>);

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

impl Drop for Last {
    fn drop(&mut self) {
        std::mem::replace(&mut self.0, Box::new(|| ()))();
    }
}

fn at_the_end_of_a_thread(use_library: impl FnOnce() + Send + 'static, last: impl FnOnce() + Send + 'static) {
    thread::spawn(|| {
        LAST.set(Some(Last(Box::new(last))));
        use_library();
    })
    .join()
    .unwrap();
}

/// Polls until it is ready: `block_on` needs thread locals of its own.
fn spin<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::yield_now();
    }
}

fn inline() -> Executor {
    Executor::inline(&TASKS, Options::default())
}

/// Leaves something in each thread local of the library.
fn use_everything(pool: &Executor) {
    assert!(matches!(block_on(pool.run(fail, "on purpose".to_owned())), Err(Error::Failed { .. })));
    assert_eq!(block_on(pool.run(length, vec![1; 1000].into())), Ok(1000));
    let _ = catch_unwind(|| panic!("on purpose"));
}

#[test]
fn a_panic_that_is_caught_while_a_thread_ends_is_harmless() {
    in_a_process("a_panic_that_is_caught_while_a_thread_ends_is_harmless", || {
        let pool = inline();
        at_the_end_of_a_thread(move || use_everything(&pool), || assert!(catch_unwind(|| panic!("caught")).is_err()));
    });
}

#[test]
fn jobs_are_run_while_a_thread_ends() {
    in_a_process("jobs_are_run_while_a_thread_ends", || {
        for pool in [inline(), Executor::threads(&TASKS, Options::default().lanes(1))] {
            let (used, kept) = (pool.clone(), pool.clone());
            at_the_end_of_a_thread(
                move || use_everything(&used),
                move || {
                    assert_eq!(spin(kept.run(length, vec![1; 100_000].into())), Ok(100_000));
                    assert_eq!(spin(kept.run(same, 7)), Ok(7));
                    assert!(matches!(spin(kept.run(fail, "late".to_owned())), Err(Error::Failed { .. })));
                    let left = kept.try_submit(length, vec![1; 1000].into()).unwrap();
                    drop((left, kept));
                },
            );
        }
    });
}

#[test]
fn destructors_that_panic_fail_their_job_only() {
    let said = |result: Result<(), Error>| match result {
        Err(Error::Failed { message }) => message,
        other => panic!("{other:?}"),
    };
    for pool in [inline(), Executor::threads(&TASKS, Options::default().lanes(1))] {
        // The caller's own copy is dropped by the caller, which bears it.
        let submitted = catch_unwind(AssertUnwindSafe(|| pool.try_submit(takes_bomb, Bomb)));
        assert!(submitted.is_err());
        assert!(said(block_on(pool.run(gives_bomb, ())).map(std::mem::forget)).contains("in a destructor"));
        assert!(said(block_on(pool.run(throws_bomb, ()))).contains("a panic without a message"));
        assert_eq!(block_on(pool.run(same, 7)), Ok(7));
        block_on(pool.close());
    }
}

struct BombItems(u32);

impl Iterator for BombItems {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 += 1;
        assert!(self.0 != 3, "no third item");
        Some(self.0)
    }
}

impl Drop for BombItems {
    fn drop(&mut self) {
        panic!("an iterator that does not want to go");
    }
}

#[test]
fn an_iterator_that_panics_costs_its_map_only() {
    for pool in [inline(), Executor::threads(&TASKS, Options::default().lanes(1))] {
        let mut results = pool.map(same, BombItems(0));
        let all = catch_unwind(AssertUnwindSafe(|| block_on(results.by_ref().take(5).collect::<Vec<_>>())));
        assert!(all.is_err(), "whoever polls bears it");
        assert_eq!(block_on(pool.run(same, 7)), Ok(7));
        assert!(catch_unwind(AssertUnwindSafe(|| drop(results))).is_err());
        assert_eq!(block_on(pool.run(same, 7)), Ok(7));
        block_on(pool.close());
        // The end of the stream drops it.
        let mut results = std::mem::ManuallyDrop::new(pool.map(same, BombItems(0)));
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(results.next()))).is_err());
        assert_eq!(block_on(results.next()), Some(Err(Error::Closed)), "the error is not lost by it");
        assert_eq!(block_on(results.next()), None);
    }
}

#[test]
fn hooks_of_the_program_see_panics_that_come_early_and_late() {
    in_a_process("hooks_of_the_program_see_panics_that_come_early_and_late", || {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        static SEEN: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

        set_hook(Box::new(|_| _ = SEEN[0].fetch_add(1, SeqCst)));
        let pool = inline();
        // After ours, and calls the one before it.
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            SEEN[1].fetch_add(1, SeqCst);
            before(panic);
        }));
        let failed = block_on(pool.run(fail, "in between".to_owned()));
        assert!(matches!(&failed, Err(Error::Failed { message }) if message.contains("teardown.rs:")), "{failed:?}");
        // After ours, and does not.
        set_hook(Box::new(|_| ()));
        let failed = block_on(pool.run(fail, "without a place".to_owned()));
        assert_eq!(failed, Err(Error::Failed { message: "without a place".to_owned() }));
        assert_eq!(SEEN.each_ref().map(|seen| seen.load(SeqCst)), [1, 1]);
    });
}
