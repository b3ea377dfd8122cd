//! A waker is somebody else's code, and may panic. Nobody but its own caller is to notice.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{self, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use futures_util::future::join_all;
use futures_util::stream::StreamExt;
use offloop::{Context, Error, Executor, Handle, Options};

/// Sleeps.
fn nap(milliseconds: u64) -> u64 {
    thread::sleep(Duration::from_millis(milliseconds));
    milliseconds
}

/// Tells that it is half done, some time before it is.
fn halve(context: &Context, milliseconds: u64) -> u64 {
    nap(milliseconds);
    context.progress(1, 2);
    nap(milliseconds)
}

offloop::tasks! { nap, halve }

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker of the test panics, as it should");
    }
}

fn pool(lanes: usize) -> Executor {
    Executor::threads(&TASKS, Options::default().lanes(lanes))
}

/// Has the future wake somebody who panics.
fn poll(future: &mut (impl Future + Unpin)) {
    let waker = Waker::from(Arc::new(Panics));
    assert!(Pin::new(future).poll(&mut task::Context::from_waker(&waker)).is_pending());
}

/// Fails instead of waiting for ever. Not by a timer of the library, which is what may be broken.
fn soon<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(block_on(future)));
    ended.recv_timeout(Duration::from_secs(10)).expect("somebody waits for ever, or has got a panic of others")
}

#[test]
fn calls_behind_are_run_and_their_callers_told() {
    for lanes in [1, 2] {
        let pool = pool(lanes);
        for _ in 0..5 {
            let submit = |milliseconds| block_on(pool.submit(nap, milliseconds)).unwrap();
            let mut hit: Vec<_> = (0..3).map(|_| submit(20)).collect();
            let behind: Vec<_> = (0..3).map(|_| submit(1)).collect();
            hit.iter_mut().for_each(poll);
            assert_eq!(soon(join_all(behind)), [Ok(1), Ok(1), Ok(1)]);
            // Whose waker it was gets the result all the same.
            assert_eq!(soon(join_all(hit)), [Ok(20), Ok(20), Ok(20)]);
        }
    }
}

#[test]
fn replies_that_come_together_are_all_told() {
    let pool = pool(1);
    for _ in 0..20 {
        block_on(join_all((0..64).map(|_| pool.run(nap, 0)))).into_iter().for_each(|nap| assert_eq!(nap, Ok(0)));
    }
    for _ in 0..20 {
        let mut naps: Vec<Handle<u64>> = (0..60).map(|_| pool.try_submit(nap, 0).unwrap()).collect();
        for (_, handle) in naps.iter_mut().enumerate().filter(|(n, handle)| n % 3 == 0 && !handle.is_finished()) {
            let waker = Waker::from(Arc::new(Panics));
            // It may have ended meanwhile.
            let _ = Pin::new(handle).poll(&mut task::Context::from_waker(&waker)).is_ready();
        }
        let others: Vec<_> = naps.into_iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(_, nap)| nap).collect();
        assert!(soon(join_all(others)).iter().all(|nap| *nap == Ok(0)));
    }
}

#[test]
fn timers_go_on() {
    let mut sleep = offloop::sleep(Duration::from_millis(10));
    poll(&mut sleep);
    thread::sleep(Duration::from_millis(50));
    soon(offloop::sleep(Duration::from_millis(10)));
    soon(sleep);
}

#[test]
fn deadlines_are_kept() {
    let pool = pool(1);
    let late = |milliseconds| block_on(pool.within(Duration::from_millis(milliseconds)).submit(nap, 2_000)).unwrap();
    let start = Instant::now();
    let (mut hit, other) = (late(10), late(50));
    poll(&mut hit);
    assert_eq!(soon(other), Err(Error::TimedOut));
    assert_eq!(soon(hit), Err(Error::TimedOut));
    assert!(start.elapsed() < Duration::from_secs(1), "not by the call before them, {:?}", start.elapsed());
}

#[test]
fn who_listens_to_the_progress_learns_of_the_end() {
    let pool = pool(1);
    let mut hit = block_on(pool.submit(halve, 20)).unwrap();
    poll(&mut hit);
    let progress = hit.progress_stream();
    assert_eq!(soon(progress.collect::<Vec<_>>()), [(1, 2)]);
    assert_eq!(soon(hit), Ok(20));
}

#[test]
fn a_task_does_not_fail_by_who_listens_to_its_progress() {
    let pool = pool(1);
    let halved = block_on(pool.submit(halve, 20)).unwrap();
    let mut progress = halved.progress_stream();
    poll(&mut progress.next());
    assert_eq!(soon(halved), Ok(20));
}

#[test]
fn who_waits_for_room_or_the_end_is_told() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1).queue(0));
    let long = block_on(pool.submit(nap, 50)).unwrap();
    let mut hit = Box::pin(pool.submit(nap, 1));
    poll(&mut hit);
    let next = {
        let pool = pool.clone();
        thread::spawn(move || soon(async move { pool.run(nap, 2).await }))
    };
    assert_eq!(soon(long), Ok(50));
    // It has got room, and does not want it any more.
    drop(hit);
    assert_eq!(next.join().unwrap(), Ok(2));

    let long = block_on(pool.submit(nap, 50)).unwrap();
    let mut hit = Box::pin(pool.close());
    poll(&mut hit);
    drop(long);
    let pool = pool.clone();
    soon(async move { pool.close().await });
}
