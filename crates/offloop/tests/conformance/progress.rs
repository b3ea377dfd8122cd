//! A task says how far it is; the caller sees the latest word of it.

use futures_util::StreamExt;

use crate::platform::Platform;
use crate::tasks::*;

promises! { progress_reaches_the_handle, the_stream_of_reports_ends_with_the_job }

async fn progress_reaches_the_handle(on: &Platform) {
    let pool = on.pool(1);
    let quiet = pool.submit(nap, 1).await.unwrap();
    let handle = pool.submit(steps, (key(), 20)).await.unwrap();
    let mut reports = handle.progress_stream();
    if on.is_parallel {
        let (done, total) = reports.next().await.unwrap();
        assert!((1..=20).contains(&done) && total == 20);
        assert!(handle.progress() >= Some((done, total)));
    }
    pool.close().await;
    assert_eq!(handle.progress(), Some((20, 20)));
    assert_eq!(quiet.progress(), None);
}

async fn the_stream_of_reports_ends_with_the_job(on: &Platform) {
    let pool = on.pool(1);
    let handle = pool.submit(steps, (key(), 20)).await.unwrap();
    let reports: Vec<_> = handle.progress_stream().collect().await;
    assert!(reports.is_sorted() && reports.last() == Some(&(20, 20)), "{reports:?}");
    assert_eq!(handle.await, Ok(20));
    let cancelled = pool.submit(steps, (key(), if on.is_parallel { 20_000 } else { 2 })).await.unwrap();
    if on.is_parallel {
        let mut reports = cancelled.progress_stream();
        cancelled.cancel();
        while reports.next().await.is_some() {}
    }
}
