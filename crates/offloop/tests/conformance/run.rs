//! `run` gives the result of the task, or the reason why there is none.

use std::pin::pin;

use futures_util::future::{join_all, poll_immediate};
use offloop::{Blob, Error};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere: a_job_gives_its_result, many_jobs_at_once_give_each_its_own, large_bytes_cross_whole, nothing_happens_before_the_first_poll,
    a_task_outside_the_table_is_a_typed_error, what_cannot_be_encoded_is_a_typed_error, a_clone_is_the_same_executor,
    a_job_outlives_every_handle_to_the_executor;
}

async fn a_job_gives_its_result(on: &Platform) {
    let pool = on.pool(2);
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
    assert_eq!(pool.run(unit, ()).await, Ok(()));
    assert_eq!(pool.run(echo, "é".to_owned()).await, Ok("é".to_owned()));
    assert_eq!(pool.submit(add, (1, 2)).await.unwrap().await, Ok(3));
    assert_eq!(pool.try_submit(add, (1, 2)).unwrap().await, Ok(3));
}

async fn many_jobs_at_once_give_each_its_own(on: &Platform) {
    let pool = on.pool(3);
    let results = join_all((0..5_000).map(|n| pool.run(add, (n, n)))).await;
    assert!(results.into_iter().eq((0..5_000).map(|n| Ok(2 * n))));
}

async fn large_bytes_cross_whole(on: &Platform) {
    let bytes: Vec<u8> = (0..4_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let inverted = on.pool(1).run(invert, Blob::from(bytes.clone())).await.unwrap();
    assert!(inverted.iter().zip(&bytes).all(|(a, b)| *a == !b) && inverted.len() == bytes.len());
}

async fn nothing_happens_before_the_first_poll(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    drop(pool.run(noted, (key, 0)));
    drop(pool.submit(noted, (key, 0)));
    pool.close().await;
    assert_eq!((seen(key, "started").await, pool.stats().submitted), (0, 0));
}

async fn a_task_outside_the_table_is_a_typed_error(on: &Platform) {
    let pool = on.pool(1);
    let is_unknown =
        |error: Option<Error>| matches!(error, Some(Error::UnknownTask { name }) if name.contains("unlisted"));
    assert!(is_unknown(pool.run(unlisted, 1).await.err()));
    assert!(is_unknown(pool.submit(unlisted, 1).await.err()));
    assert!(is_unknown(pool.try_submit(unlisted, 1).err().map(Error::from)));
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
}

async fn what_cannot_be_encoded_is_a_typed_error(on: &Platform) {
    let pool = on.pool(1);
    assert!(matches!(pool.run(takes_undescribable, Unsized).await, Err(Error::Malformed { .. })));
    assert!(matches!(pool.run(undescribable, ()).await, Err(Error::Malformed { .. })));
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
}

async fn a_clone_is_the_same_executor(on: &Platform) {
    let pool = on.pool(1);
    let clone = pool.clone();
    assert_eq!(clone.run(add, (1, 2)).await, Ok(3));
    assert_eq!(pool.stats().finished, 1);
    clone.close().await;
    assert_eq!(pool.run(add, (1, 2)).await, Err(Error::Closed));
}

async fn a_job_outlives_every_handle_to_the_executor(on: &Platform) {
    let pool = on.pool(1);
    let handle = pool.submit(nap, 20).await.unwrap();
    let mut run = pin!(pool.run(nap, 21));
    let early = poll_immediate(run.as_mut()).await;
    drop(pool);
    assert_eq!(handle.await, Ok(20));
    assert_eq!(if let Some(early) = early { early } else { run.await }, Ok(21));
}
