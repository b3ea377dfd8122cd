//! What a stream of results can be asked for besides its results.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::StreamExt;
use offloop::{Error, Executor, Options};

fn nap(milliseconds: u64) -> u64 {
    thread::sleep(Duration::from_millis(milliseconds));
    milliseconds
}

offloop::tasks! { nap }

fn pool(lanes: usize) -> Executor {
    Executor::threads(&TASKS, Options::default().lanes(lanes))
}

#[test]
fn an_answer_that_overtakes_tells_its_item() {
    let mut results = pool(2).map_unordered(nap, [200, 1, 2]).indexed();
    let order = block_on(async { [results.next().await, results.next().await, results.next().await] });
    assert_eq!(order, [Some((1, Ok(1))), Some((2, Ok(2))), Some((0, Ok(200)))]);
    assert_eq!(block_on(results.next()), None);
}

#[test]
fn of_many_each_is_told_once() {
    let results = pool(2).map_unordered(nap, (0..500).map(|n| n % 2)).indexed();
    let mut told: Vec<_> = block_on(results.map(|(index, result)| (index, result.unwrap())).collect());
    told.sort_unstable();
    assert!(told.into_iter().eq((0..500).zip([0, 1].into_iter().cycle())));
}

#[test]
fn refusals_have_indices_as_well() {
    let pool = pool(1);
    block_on(pool.close());
    let told: Vec<_> = block_on(pool.map_unordered(nap, [1, 2]).indexed().collect());
    assert_eq!(told, [(0, Err(Error::Closed))], "and those after the first are not taken");
}

#[test]
fn an_item_that_takes_too_long_costs_itself_only() {
    // The third begins when its turn has come: its time has not passed while others were at it.
    let results = pool(2).map(nap, [1, 3_000, 50, 1]).each_within(Duration::from_millis(400));
    assert_eq!(block_on(results.collect::<Vec<_>>()), [Ok(1), Err(Error::TimedOut), Ok(50), Ok(1)]);
    let results = pool(1).map_unordered(nap, [100, 100, 100]).each_within(Duration::from_millis(1_000));
    assert_eq!(block_on(results.collect::<Vec<_>>()), [Ok(100), Ok(100), Ok(100)]);
}
