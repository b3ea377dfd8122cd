//! `map` gives results in order, takes items as they are needed, and cancels what is left when it is dropped.

use std::iter::repeat;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use offloop::{Error, Options, now};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere:
        results_come_in_the_order_of_the_items, unordered_results_come_each_once,
        an_endless_iterator_is_no_trouble, dropping_the_stream_cancels_the_rest, nothing_gives_nothing,
        a_closed_executor_ends_the_stream, a_deadline_ends_the_stream, an_unknown_task_ends_the_stream,
        an_item_without_time_costs_itself_only, a_small_queue_is_enough;
    where_lanes_run_in_parallel: items_are_taken_a_few_ahead_only;
    where_panics_are_contained: an_error_stands_at_its_place;
}

async fn results_come_in_the_order_of_the_items(on: &Platform) {
    let pool = on.pool(2);
    let naps = (0..40).map(|n| if n % 5 == 0 { 8 } else { n % 3 });
    let results: Vec<_> = pool.map(nap, naps.clone()).map(Result::unwrap).collect().await;
    assert!(results.into_iter().eq(naps));
}

async fn unordered_results_come_each_once(on: &Platform) {
    let pool = on.pool(2);
    let mut results: Vec<_> = pool.map_unordered(add, (0..500).map(|n| (n, 0))).map(Result::unwrap).collect().await;
    results.sort_unstable();
    assert!(results.into_iter().eq(0..500));
}

async fn items_are_taken_a_few_ahead_only(on: &Platform) {
    let (pool, taken) = (on.pool(2), AtomicUsize::new(0));
    // Too long to be sent ahead on any clock.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a whole number")]
    let long = 20 + 4 * on.abilities.blur as u64;
    let items = (0..100_000).inspect(|_| _ = taken.fetch_add(1, SeqCst)).map(|_| long);
    let mut results = pool.map(nap, items);
    assert_eq!(taken.load(SeqCst), 0, "streams do nothing unless polled");
    for _ in 0..6 {
        assert_eq!(results.next().await, Some(Ok(long)));
    }
    // To a caller that is not heard meanwhile, on whose clock jobs take no time, only the bound of the stream counts: 128 for each lane.
    let most = if on.is_parallel() { 20 } else { 6 + 2 * 128 };
    assert!(taken.load(SeqCst) <= most, "{taken:?} items taken for 6 results");
}

async fn an_endless_iterator_is_no_trouble(on: &Platform) {
    let pool = on.pool(2);
    let results: Vec<_> = pool.map(add, (0..).map(|n| (n, 1))).take(1_000).map(Result::unwrap).collect().await;
    assert!(results.into_iter().eq(1..=1_000));
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
}

async fn dropping_the_stream_cancels_the_rest(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    let mut results = pool.map(noted, (0..1_000).map(|_| (key, 2)));
    assert_eq!(results.next().await, Some(Ok(key)));
    drop(results);
    pool.close().await;
    let started = seen(key, "started").await;
    assert!(started < 300, "{started} of 1,000 jobs started for one result");
    let stats = pool.stats();
    assert_eq!(stats.submitted, stats.finished + stats.failed.cancelled);
}

async fn an_error_stands_at_its_place(on: &Platform) {
    let pool = on.pool(2);
    let results: Vec<_> = pool.map(fail, ["a", "b", "c"].map(str::to_owned)).collect().await;
    assert_eq!(results, ["a", "b", "c"].map(|said| failed(said, 0)));
}

async fn nothing_gives_nothing(on: &Platform) {
    let pool = on.pool(2);
    assert_eq!(pool.map(nap, []).next().await, None);
    let mut results = pool.map_unordered(nap, [1]);
    assert_eq!((results.next().await, results.next().await, results.next().await), (Some(Ok(1)), None, None));
}

async fn a_closed_executor_ends_the_stream(on: &Platform) {
    let pool = on.pool(2);
    let taken = AtomicUsize::new(0);
    let mut results = pool.map(nap, repeat(1).inspect(|_| _ = taken.fetch_add(1, SeqCst)));
    assert_eq!(results.next().await, Some(Ok(1)));
    pool.abort();
    let rest: Vec<_> = results.by_ref().collect().await;
    assert_eq!(1 + rest.len(), taken.load(SeqCst), "each item that was taken has its result");
    assert!(rest.iter().all(|result| matches!(result, Ok(1) | Err(Error::Cancelled | Error::Closed))));
    assert_eq!(rest.iter().filter(|result| **result == Err(Error::Closed)).count(), 1);
    assert_eq!(rest.last(), Some(&Err(Error::Closed)));
    assert_eq!((results.next().await, results.next().await), (None, None));

    // What was taken before `close` is finished, and comes before the error, in whichever order.
    let pool = on.pool(2);
    let mut results = pool.map_unordered(nap, repeat(5)).indexed();
    assert!(matches!(results.next().await, Some((_, Ok(5)))));
    drop(pool.close());
    let mut rest: Vec<_> = results.collect().await;
    assert_eq!(rest.pop(), Some((1 + rest.len(), Err(Error::Closed))));
    assert!(rest.into_iter().all(|(_, result)| result == Ok(5)));

    let mut results = pool.map(nap, [1, 1]);
    assert_eq!((results.next().await, results.next().await), (Some(Err(Error::Closed)), None));
    assert_eq!(pool.map(nap, []).next().await, None, "there was nothing to be refused");
}

async fn a_deadline_ends_the_stream(on: &Platform) {
    let pool = on.pool(2);
    let soon = pool.within(Duration::from_millis(40));
    let results: Vec<_> = soon.map(nap, repeat(1)).collect().await;
    assert_eq!(results.last(), Some(&Err(Error::TimedOut)));
    let first = results.iter().position(Result::is_err).unwrap();
    assert!(results[first..].iter().all(|result| matches!(result, Ok(1) | Err(Error::TimedOut))), "{results:?}");
    let results: Vec<_> = pool.until(now()).map_unordered(nap, repeat(1)).indexed().collect().await;
    assert_eq!(results, [(0, Err(Error::TimedOut))]);
    // The stream is to blame for the end, not the item, if both are late.
    let late = pool.until(now()).map(nap, repeat(1)).each_within(Duration::ZERO);
    assert_eq!(late.collect::<Vec<_>>().await, [Err(Error::TimedOut)]);
}

async fn an_unknown_task_ends_the_stream(on: &Platform) {
    let results: Vec<_> = on.pool(2).map(unlisted, 0..).collect().await;
    assert!(matches!(&results[..], [Err(Error::UnknownTask { .. })]), "{results:?}");
}

async fn an_item_without_time_costs_itself_only(on: &Platform) {
    let pool = on.pool(2).within(Duration::from_secs(60));
    let results: Vec<_> = pool.map(nap, [1; 300]).each_within(Duration::ZERO).collect().await;
    assert_eq!(results, vec![Err(Error::TimedOut); 300]);
    let refused: Vec<_> = pool.map_unordered(takes_undescribable, [(); 300].map(|()| Unsized)).collect().await;
    assert_eq!(refused.len(), 300);
    assert!(refused.iter().all(|result| matches!(result, Err(Error::Malformed { .. }))));
}

async fn a_small_queue_is_enough(on: &Platform) {
    for queue in [0, 1, 2] {
        let pool = (on.pool)(2, Options::default().queue(queue));
        let (one, other) = (pool.map(add, (0..200).map(|n| (n, 0))), pool.map_unordered(add, (0..200).map(|n| (n, 0))));
        let (one, other) = join(one.collect::<Vec<_>>(), other.collect::<Vec<_>>()).await;
        assert_eq!(one.into_iter().collect::<Result<Vec<_>, _>>(), Ok((0..200).collect::<Vec<_>>()));
        assert_eq!(other.into_iter().collect::<Result<Vec<_>, _>>().map(|all| all.len()), Ok(200));
    }
}
