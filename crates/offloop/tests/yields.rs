//! Tasks of one async runtime, in one thread: none that uses the library keeps the others out.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use futures_executor::{LocalPool, block_on};
use futures_util::FutureExt;
use futures_util::future::{poll_immediate, select_all};
use futures_util::stream::{FuturesUnordered, StreamExt, select};
use futures_util::task::LocalSpawnExt;
use offloop::{Context, Error, Executor, Options, interval, sleep, timeout, yield_now};

fn same(n: u32) -> u32 {
    n
}

/// Reports without a pause until it is cancelled.
fn report(context: &Context) {
    for n in 0.. {
        context.progress(n, 0);
        if context.is_cancelled() {
            return;
        }
    }
}

fn block(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

offloop::tasks! { same, report, block }

fn inline() -> Executor {
    Executor::inline(&TASKS, Options::default())
}

fn closed() -> Executor {
    let pool = inline();
    pool.abort();
    pool
}

/// Runs `busy` beside another task, which must come to its end first. It has a step for every few turns of the other one.
fn goes_on_beside(busy: impl Future<Output = ()> + 'static) {
    let mut runtime = LocalPool::new();
    let steps = Rc::new(Cell::new(0));
    let counted = steps.clone();
    runtime.spawner().spawn_local(busy).unwrap();
    let other = async move {
        while counted.get() < 10 {
            counted.set(counted.get() + 1);
            yield_now().await;
        }
    };
    runtime.run_until(other);
    assert_eq!(steps.get(), 10);
}

#[test]
fn streams_that_are_always_ready_take_turns_with_other_tasks() {
    goes_on_beside(async {
        let (one, other) = (inline().map(same, 0..), inline().map_unordered(same, 0..));
        let mut both = select(one, other);
        while both.next().await.is_some() {}
    });
    goes_on_beside(async {
        let pool = closed();
        let mut runs: FuturesUnordered<_> = (0..50).map(|n| pool.run(same, n)).collect();
        while runs.next().await.is_some() {
            runs.push(pool.run(same, 1));
        }
    });
    goes_on_beside(async {
        let pool = closed();
        loop {
            let _ = select_all((0..50).map(|n| pool.run(same, n).boxed())).await;
        }
    });
    goes_on_beside(async {
        let mut ticks = interval(Duration::ZERO);
        while ticks.next().await.is_some() {}
    });
}

#[test]
fn reports_that_come_without_a_pause_leave_others_their_turn() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let threads = pool.clone();
    goes_on_beside(async move {
        let handle = threads.submit(report, ()).await.unwrap();
        let mut reports = handle.progress_stream();
        while reports.next().await.is_some() {}
    });
    pool.abort();
}

#[test]
fn long_jobs_in_the_callers_thread_leave_others_their_turn_after_each() {
    let pool = inline();
    let mut runtime = LocalPool::new();
    let jobs = Rc::new(Cell::new(0));
    let counted = jobs.clone();
    runtime
        .spawner()
        .spawn_local(async move {
            let mut blocks = pool.map(block, std::iter::repeat(20));
            while blocks.next().await.is_some() {
                counted.set(counted.get() + 1);
            }
        })
        .unwrap();
    runtime.run_until(async {
        for _ in 0..5 {
            yield_now().await;
        }
    });
    assert!(jobs.get() <= 6, "{} jobs of 20 ms while the other task had five turns", jobs.get());
}

#[test]
fn a_result_that_lets_others_run_first_is_in_time() {
    let pool = inline();
    block_on(async {
        for n in 0..1_000 {
            let handle = pool.try_submit(same, n).unwrap();
            assert_eq!(timeout(Duration::ZERO, handle).await, Ok(Ok(n)));
        }
    });
}

#[test]
fn what_is_dropped_while_it_lets_others_run_does_not_keep_the_rest_waiting() {
    let pool = closed();
    let answered = (0..2_000).filter(|_| block_on(poll_immediate(pin!(pool.run(same, 1)))).is_some());
    assert!(answered.count() > 1_000);
}

/// It has nothing else to run, and would lose the result.
#[test]
fn whoever_polls_by_hand_and_only_once_gets_what_there_is() {
    let (pool, closed) = (inline(), closed());
    for n in 0..2_000 {
        assert_eq!(pool.run(same, n).boxed().now_or_never(), Some(Ok(n)));
        assert_eq!(pool.try_submit(same, n).unwrap().now_or_never(), Some(Ok(n)));
        assert_eq!(closed.run(same, n).boxed().now_or_never(), Some(Err(Error::Closed)));
        let mut context = std::task::Context::from_waker(Waker::noop());
        assert_eq!(pool.run(same, n).boxed().as_mut().poll(&mut context), Poll::Ready(Ok(n)));
    }
}

#[test]
fn a_sleep_gives_way_once_however_late_it_is_polled() {
    let late = sleep(Duration::from_millis(1));
    thread::sleep(Duration::from_millis(5));
    let mut late = Box::pin(late);
    let mut context = std::task::Context::from_waker(Waker::noop());
    assert!(late.as_mut().poll(&mut context).is_pending());
    assert!(late.as_mut().poll(&mut context).is_ready());
}
