//! The executor on threads and inline: what each call promises.
#![cfg(not(target_arch = "wasm32"))]

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::sleep as block;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt};
use offloop::wire::Payload;
use offloop::{Blob, Context, Error, Executor, Options, Refused};

fn sum(range: Range<u64>) -> u64 {
    range.sum()
}

fn add(a: u32, b: u32) -> u32 {
    a + b
}

/// Where this one panics.
const FAILS_AT: u32 = line!() + 2;
fn fail(message: String) {
    panic!("{message}");
}

fn nap(milliseconds: u64) -> u64 {
    block(Duration::from_millis(milliseconds));
    milliseconds
}

fn steps(context: &Context, count: u64) -> bool {
    for done in 0..count {
        if context.is_cancelled() {
            STOPPED.fetch_add(1, SeqCst);
            return false;
        }
        context.progress(done, count);
        block(Duration::from_millis(1));
    }
    true
}

fn until_told(context: &Context) {
    WATCHING.fetch_add(1, SeqCst);
    context.progress(0, 1);
    while !context.is_cancelled() {
        block(Duration::from_millis(1));
    }
    WATCHING.fetch_sub(1, SeqCst);
}

fn invert(bytes: Blob) -> Blob {
    bytes.iter().map(|byte| !byte).collect::<Vec<_>>().into()
}

fn unlisted(n: u32) -> u32 {
    n
}

/// Keeps its lane while the gate is closed, if it is given 0, but not for ever.
fn pass(n: u64) -> u64 {
    let start = std::time::Instant::now();
    while n == 0 && !OPEN.load(SeqCst) && start.elapsed() < Duration::from_secs(30) {
        block(Duration::from_millis(1));
    }
    n
}

static OPEN: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicUsize = AtomicUsize::new(0);
static WATCHING: AtomicUsize = AtomicUsize::new(0);

offloop::tasks! { #[idempotent] sum, add, fail, nap, steps, until_told, invert, pass }

fn pools() -> [Executor; 2] {
    [Executor::threads(&TASKS, Options::default().lanes(2)), Executor::inline(&TASKS, Options::default())]
}

#[test]
fn a_job_gives_its_result() {
    for pool in pools() {
        assert_eq!(block_on(pool.run(sum, 0..10)), Ok(45));
        assert_eq!(block_on(pool.run(add, (1, 2))), Ok(3));
        let blob = Blob::from(vec![7; 100_000]);
        assert_eq!(block_on(pool.run(invert, blob)).map(|blob| blob[99_999]), Ok(248));
    }
}

#[test]
fn a_panic_fails_its_job_only() {
    for pool in pools() {
        let message = "on purpose".to_owned();
        let told = format!("{message} (crates/offloop/tests/executor.rs:{}:5)", FAILS_AT);
        assert_eq!(block_on(pool.run(fail, message)), Err(Error::Failed { message: told }));
        assert_eq!(block_on(pool.run(sum, 0..10)), Ok(45));
    }
}

#[test]
fn an_encoded_call_gives_an_encoded_result() {
    for pool in pools() {
        let input = Payload { bytes: vec![40, 2].into(), blobs: Vec::new() };
        let output = block_on(block_on(pool.submit_call(TASKS.named("add").unwrap(), input)).unwrap());
        assert_eq!(output, Ok(Payload { bytes: vec![42].into(), blobs: Vec::new() }));
    }
}

#[test]
fn a_task_outside_the_table_is_refused_at_once() {
    for pool in pools() {
        assert!(matches!(pool.try_submit(unlisted, 1), Err(Refused { error: Error::UnknownTask { .. }, input: 1 })));
    }
}

#[test]
fn debug_output_names_what_it_is() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(2)).within(Duration::from_secs(1));
    let (executor, submit) = (format!("{pool:?}"), format!("{:?}", pool.submit(sum, 0..1)));
    assert!(executor.starts_with("Executor") && executor.contains("lanes: 2"), "{executor}");
    assert!(submit.starts_with("Submit") && submit.contains("ticket: None"), "{submit}");
}

#[test]
fn a_full_queue_refuses_and_submit_waits() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1).queue(1));
    let running = pool.try_submit(nap, 50).unwrap();
    let queued = pool.try_submit(nap, 1).unwrap();
    assert!(matches!(pool.try_submit(nap, 1), Err(Refused { error: Error::Full, input: 1 })));
    let waited = block_on(pool.submit(nap, 2)).unwrap();
    assert!(running.is_finished(), "there was no room before the running job ended");
    assert_eq!(block_on(waited), Ok(2));
    assert_eq!(block_on(queued), Ok(1));
}

#[test]
fn a_dropped_handle_cancels_and_the_task_can_see_it() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let running = pool.try_submit(steps, 10_000).unwrap();
    while running.progress().is_none() {
        block(Duration::from_millis(1));
    }
    let queued = pool.try_submit(nap, 60_000).unwrap();
    drop(queued);
    assert!(running.cancel());
    assert!(!running.cancel());
    assert_eq!(block_on(running), Err(Error::Cancelled));
    assert_eq!(block_on(pool.run(sum, 0..10)), Ok(45));
    assert_eq!(STOPPED.load(SeqCst), 1);
    assert_eq!(pool.stats().failed.cancelled, 2);
}

#[test]
fn a_deadline_ends_jobs_that_run_that_wait_and_that_wait_for_room() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1).queue(1));
    let hurried = pool.within(Duration::from_millis(20));
    let running = hurried.try_submit(nap, 200).unwrap();
    let queued = hurried.try_submit(nap, 1).unwrap();
    let refused = block_on(hurried.submit(nap, 1)).map(|_| ());
    assert_eq!(refused, Err(Error::TimedOut));
    assert_eq!(block_on(running), Err(Error::TimedOut));
    assert_eq!(block_on(queued), Err(Error::TimedOut));
}

#[test]
fn map_keeps_the_order_and_takes_items_as_they_are_needed() {
    for pool in pools() {
        let taken = AtomicUsize::new(0);
        let items = (0..1000_u64).inspect(|_| _ = taken.fetch_add(1, SeqCst)).map(|n| 0..n);
        let mut results = pool.map(sum, items);
        assert_eq!(block_on(results.next()), Some(Ok(0)));
        assert!(taken.load(SeqCst) < 600, "{taken:?} items were taken for one result");
        let rest: Vec<u64> = block_on(results.map(Result::unwrap).collect());
        assert_eq!(rest, (1..1000).map(|n| n * (n - 1) / 2).collect::<Vec<_>>());
    }
}

/// Others may keep the queue so long that it never has need of more.
#[test]
fn a_map_has_one_job_in_the_queue_however_long_that_is() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let others: Vec<_> = (0..4).map(|_| pool.try_submit(nap, 50).unwrap()).collect();
    let waiting = pool.stats().queued;
    let mut sums = pool.map(sum, [0..3, 0..4]);
    assert!(sums.next().now_or_never().is_none());
    assert_eq!(pool.stats().queued, waiting + 1);
    assert_eq!(block_on(sums.collect::<Vec<_>>()), [Ok(3), Ok(6)]);
    drop(others);
}

#[test]
fn map_unordered_gives_results_as_they_come() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(2));
    let mut results = pool.map_unordered(pass, [0, 1, 2]).map(Result::unwrap);
    let mut next = || block_on(results.next());
    // One lane has the first item, until it is let go, and the other lane has the others.
    let others = [next(), next()];
    OPEN.store(true, SeqCst);
    assert_eq!((others, next(), next()), ([Some(1), Some(2)], Some(0), None));
}

#[test]
fn close_waits_and_abort_cancels() {
    for pool in pools() {
        let job = pool.try_submit(nap, 20).unwrap();
        block_on(pool.close());
        assert!(job.is_finished());
        assert_eq!(block_on(job), Ok(20));
        assert!(matches!(pool.try_submit(nap, 1), Err(Refused { error: Error::Closed, input: 1 })));
    }
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let jobs = [pool.try_submit(nap, 50).unwrap(), pool.try_submit(nap, 50).unwrap()];
    pool.abort();
    for job in jobs {
        assert_eq!(block_on(job), Err(Error::Cancelled));
    }
    block_on(pool.close());
}

#[test]
fn a_task_that_runs_on_a_lane_that_is_closed_is_told() {
    for _ in 0..20 {
        let pool = Executor::threads(&TASKS, Options::default().lanes(2));
        let told = block_on(pool.submit(until_told, ())).unwrap();
        while told.progress().is_none() {
            block(Duration::from_millis(1));
        }
        pool.abort();
        assert_eq!(block_on(told), Err(Error::Cancelled));
        let start = std::time::Instant::now();
        while WATCHING.load(SeqCst) > 0 {
            assert!(start.elapsed() < Duration::from_secs(5), "the task runs on");
            block(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_detached_job_goes_on_without_handle_and_executor() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let recorder = offloop::Recorder::new();
    let other = Executor::threads(&TASKS, Options::default().lanes(1).recorder(recorder.clone()));
    other.try_submit(nap, 10).unwrap().detach();
    drop((pool, other));
    let end = offloop::now() + Duration::from_secs(5);
    while recorder.snapshot().finished == 0 && offloop::now() < end {
        block(Duration::from_millis(1));
    }
    assert_eq!(recorder.snapshot().finished, 1);
}

#[test]
fn resize_changes_how_many_run_at_once() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    pool.resize(3);
    assert_eq!(pool.lanes(), 3);
    let start = offloop::now();
    let jobs: Vec<_> = (0..3).map(|_| pool.try_submit(nap, 100).unwrap()).collect();
    assert_eq!(pool.stats().running, 3);
    pool.resize(1);
    assert_eq!(pool.lanes(), 1);
    for job in jobs {
        assert_eq!(block_on(job), Ok(100));
    }
    assert!(offloop::now() - start >= Duration::from_millis(100));
    assert_eq!(block_on(pool.run(sum, 0..10)), Ok(45));
}

#[test]
fn the_figures_add_up() {
    for pool in pools() {
        for n in 0..50 {
            block_on(pool.run(sum, 0..n)).unwrap();
        }
        let _ = block_on(pool.run(fail, String::new()));
        let stats = pool.stats();
        assert_eq!((stats.submitted, stats.finished, stats.failed.failed), (51, 50, 1));
        assert_eq!((stats.queued, stats.running), (0, 0));
        assert!(stats.run_ms.p50 > 0.0 && stats.run_ms.p50 <= stats.run_ms.max);
    }
}

#[test]
fn threads_that_resize_at_once_leave_the_last_lane() {
    let pool = Executor::threads(&TASKS, Options::default());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let pool = pool.clone();
            scope.spawn(move || {
                for round in 0..5_000 {
                    pool.resize(1 + (round + thread) % 3);
                    assert!(pool.lanes() > 0, "nobody is left to do anything");
                }
            });
        }
    });
    assert_eq!(block_on(pool.run(add, (1, 2))), Ok(3));
}
