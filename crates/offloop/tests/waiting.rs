//! Whoever waits is woken, also those who wait beside others.
#![cfg(not(target_arch = "wasm32"))]

use std::pin::pin;
use std::sync::mpsc::channel;
use std::task::{Context as Poller, Poll, Waker};
use std::thread::{sleep as block, spawn};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt};
use offloop::{Context, Error, Executor, Options};

fn nap(milliseconds: u64) -> u64 {
    block(Duration::from_millis(milliseconds));
    milliseconds
}

fn steps(context: &Context, count: u64) -> u64 {
    for done in 0..count {
        context.progress(done, count);
        block(Duration::from_millis(1));
    }
    count
}

offloop::tasks! { #[idempotent] nap, steps }

const SOON: Duration = Duration::from_secs(10);

fn pool(lanes: usize, queue: usize) -> Executor {
    Executor::threads(&TASKS, Options::default().lanes(lanes).queue(queue))
}

#[test]
fn each_of_several_progress_streams_ends_with_the_job() {
    let pool = pool(1, 8);
    let handle = block_on(pool.submit(steps, 50)).unwrap();
    let (ended, ends) = channel();
    for _ in 0..3 {
        let (reports, ended) = (handle.progress_stream(), ended.clone());
        spawn(move || ended.send(block_on(reports.count())));
    }
    for _ in 0..3 {
        assert!(ends.recv_timeout(SOON).is_ok_and(|count| count > 1), "a stream was not told that the job has ended");
    }
    assert_eq!(block_on(handle), Ok(50));
}

#[test]
fn a_submission_that_timed_out_makes_room_though_it_is_kept() {
    let pool = pool(1, 1);
    let running = block_on(pool.submit(nap, 60)).unwrap();
    let queued = block_on(pool.submit(nap, 1)).unwrap();
    let mut late = pin!(pool.within(Duration::from_millis(10)).submit(nap, 1));
    assert!(matches!(block_on(&mut late), Err(Error::TimedOut)));
    block_on(async { (running.await, queued.await) }).0.unwrap();
    let _running = block_on(pool.submit(nap, 1000)).unwrap();
    // Room for one, and nobody else who waits.
    let next = pool.try_submit(nap, 1);
    assert!(next.is_ok(), "{next:?}");
}

#[test]
fn a_map_takes_more_when_the_jobs_of_others_have_ended() {
    let pool = pool(2, 8);
    let others: Vec<_> = (0..4).map(|_| pool.try_submit(nap, 100).unwrap()).collect();
    let start = Instant::now();
    let done: Vec<_> = block_on(pool.map(nap, [600, 600]).collect());
    assert_eq!(done, [Ok(600), Ok(600)]);
    let took = start.elapsed();
    assert!(took < Duration::from_millis(1100), "the second item waited for the first to end: {took:?}");
    drop(others);
}

#[test]
fn an_interval_shorter_than_the_clock_can_tell_is_not_always_ready() {
    let mut ticks = offloop::interval(Duration::from_nanos(1));
    let mut poller = Poller::from_waker(Waker::noop());
    let waits = (0..1000).any(|_| matches!(ticks.next().poll_unpin(&mut poller), Poll::Pending));
    assert!(waits, "whoever awaits it in a loop never gives others a turn");
}
