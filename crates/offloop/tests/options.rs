//! What can be set does what it says, for nothing, for one and for as much as a number can say.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::StreamExt;
use futures_util::future::join_all;
use offloop::lane::{self, Events, Factory, Lane, Stop, Traits};
use offloop::wire::Call;
use offloop::{Error, Executor, Instant, LostReason, Options, Recorder, interval, sleep_until, timeout};

fn same(n: u32) -> u32 {
    n
}

offloop::tasks! { #[idempotent] same }

struct Here(Events);

impl Lane for Here {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false }
    }
    fn send(&self, call: Arc<Call>) {
        lane::run(&TASKS, &call, &self.0);
    }
    fn cancel(&self, _: u64) {}
    fn close(&self) {}
}

/// With how many lanes it was made.
fn own(options: Options) -> (Executor, usize) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    let factory: Factory = Box::new(move |events| {
        count.fetch_add(1, SeqCst);
        Box::new(Here(events))
    });
    let pool = Executor::with_lanes(&TASKS, options, factory);
    (pool, made.load(SeqCst))
}

fn processors() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

#[test]
fn without_a_number_there_is_a_lane_for_each_processor() {
    for options in [Options::default(), Options::default().lanes(0), Options::default().lanes(3).lanes(0)] {
        let (pool, made) = own(options.clone());
        assert_eq!((made, pool.lanes()), (processors(), processors()));
        assert_eq!(Executor::threads(&TASKS, options.clone()).lanes(), processors());
        assert_eq!(Executor::inline(&TASKS, options).lanes(), 1);
    }
}

#[test]
fn any_number_of_lanes_is_made_or_cut_to_the_most() {
    for (lanes, most) in [(1, 1), (2, 2), (1024, 1024), (1025, 1024), (1_000_000, 1024), (usize::MAX, 1024)] {
        let (pool, made) = own(Options::default().lanes(lanes));
        assert_eq!((made, pool.lanes()), (most, most));
        assert_eq!(block_on(pool.run(same, 7)), Ok(7));
        pool.resize(0);
        assert_eq!(pool.lanes(), 1);
        pool.resize(usize::MAX);
        assert_eq!(pool.lanes(), 1024);
        assert!(block_on(join_all((0..3000).map(|n| pool.run(same, n)))).into_iter().eq((0..3000).map(Ok)));
        let threads = Executor::threads(&TASKS, Options::default().lanes(lanes));
        assert_eq!((threads.lanes(), block_on(threads.run(same, 7))), (most, Ok(7)));
    }
}

#[test]
fn a_queue_of_any_length_takes_what_it_says() {
    for queue in [0, 1, usize::MAX - 1, usize::MAX] {
        let pool = Executor::threads(&TASKS, Options::default().lanes(2).queue(queue).recorder(Recorder::new()));
        assert!(block_on(join_all((0..2000).map(|n| pool.run(same, n)))).into_iter().eq((0..2000).map(Ok)));
        let mapped: Vec<_> = block_on(pool.map(same, 0..2000).collect());
        assert!(mapped.into_iter().eq((0..2000).map(Ok)));
    }
}

/// A lane that loses each call, and counts them.
struct Losing(Events, Arc<Mutex<u32>>);

impl Lane for Losing {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false }
    }
    fn send(&self, call: Arc<Call>) {
        *self.1.lock().unwrap() += 1;
        let error = Error::Lost { reason: LostReason::Other, cause: "in a test".to_owned() };
        self.0.lost(&[call.id], error, lane::Loss::MaybeRan);
    }
    fn cancel(&self, _: u64) {}
    fn close(&self) {}
}

#[test]
fn a_job_is_tried_as_often_as_it_is_said() {
    for (retries, tries) in [(0, 1..=1), (1, 2..=2), (u32::MAX, 2..=100)] {
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        let factory: Factory = Box::new(move |events| Box::new(Losing(events, counted.clone())));
        let pool = Executor::with_lanes(&TASKS, Options::default().lanes(1).retries(retries), factory);
        let result = block_on(pool.within(Duration::from_millis(600)).run(same, 1));
        assert!(matches!(result, Err(Error::Lost { .. } | Error::TimedOut)), "{result:?}");
        assert_eq!(result == Err(Error::TimedOut), retries == u32::MAX);
        assert!(tries.contains(&*count.lock().unwrap()), "{retries}: {count:?}");
    }
}

#[test]
fn a_time_of_any_length_can_be_given() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let forever = Instant::from_micros(u64::MAX);
    for pool in [pool.within(Duration::MAX), pool.until(forever), pool.until(forever).within(Duration::MAX)] {
        assert_eq!(block_on(pool.run(same, 7)), Ok(7));
        assert_eq!(block_on(pool.map(same, [7]).each_within(Duration::MAX).next()), Some(Ok(7)));
    }
    for pool in [pool.within(Duration::ZERO), pool.until(Instant::from_micros(0))] {
        assert_eq!(block_on(pool.run(same, 7)), Err(Error::TimedOut));
        assert_eq!(block_on(pool.map(same, [7]).each_within(Duration::MAX).next()), Some(Err(Error::TimedOut)));
    }
    assert_eq!(block_on(timeout(Duration::MAX, pool.run(same, 7))), Ok(Ok(7)));
    block_on(sleep_until(Instant::from_micros(0)));
    assert_eq!(block_on(timeout(Duration::from_millis(5), sleep_until(forever))), Err(Error::TimedOut));
    assert_eq!(block_on(timeout(Duration::from_millis(5), interval(Duration::MAX).tick())), Err(Error::TimedOut));
}

#[test]
fn a_task_that_is_unknown_is_named_in_a_sentence() {
    fn unlisted() {}
    let pool = Executor::inline(&TASKS, Options::default());
    let said = |error: Option<Error>| error.unwrap().to_string();
    let by_index = said(
        block_on(pool.submit_call(9, offloop::wire::Payload { bytes: Vec::new().into(), blobs: Vec::new() })).err(),
    );
    assert!(
        by_index.starts_with("the table has no task at index 9: call one that offloop::tasks! lists"),
        "{by_index}"
    );
    let by_function = said(block_on(pool.run(unlisted, ())).err());
    assert!(
        by_function.starts_with("the table has no task options::") && by_function.contains("unlisted: call one"),
        "{by_function}"
    );
    assert_eq!(said(TASKS.named("nope").err()).find("the table has no task nope: call one"), Some(0));
}
