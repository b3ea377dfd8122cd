//! A task says how far it is; the caller sees the latest word of it.

use futures_util::StreamExt;
use offloop::Handle;

use crate::platform::Platform;
use crate::tasks::*;

promises! { where_reports_are_heard: progress_reaches_the_handle, the_stream_of_reports_ends_with_the_job; }

/// What is known of a job of so many steps once it has ended. Inline each report counts; of a lane that cannot speak
/// while it computes nothing is known.
fn is_last_word(on: &Platform, handle: &Handle<u64>, steps: u64) -> bool {
    match handle.progress() {
        Some((done, total)) if on.is_heard() => (1..=steps).contains(&done) && total == steps,
        Some(last) => !on.runs_beside() && last == (steps, steps),
        None => !on.is_heard() && on.runs_beside(),
    }
}

async fn progress_reaches_the_handle(on: &Platform) {
    let pool = on.pool(1);
    let quiet = pool.submit(nap, 1).await.unwrap();
    let handle = pool.submit(steps, (key(), 60)).await.unwrap();
    if on.is_heard() {
        let (done, total) = handle.progress_stream().next().await.unwrap();
        assert!((1..60).contains(&done) && total == 60);
        assert!(handle.progress() >= Some((done, total)) && !handle.is_finished());
    }
    pool.close().await;
    assert!(is_last_word(on, &handle, 60), "{:?}", handle.progress());
    assert_eq!(quiet.progress(), None);
}

async fn the_stream_of_reports_ends_with_the_job(on: &Platform) {
    let pool = on.pool(1);
    let handle = pool.submit(steps, (key(), 60)).await.unwrap();
    let reports: Vec<_> = handle.progress_stream().collect().await;
    assert!(reports.is_sorted() && reports.last().copied() == handle.progress(), "{reports:?}");
    assert!(is_last_word(on, &handle, 60), "{reports:?}");
    assert_eq!(handle.await, Ok(60));
    let cancelled = pool.submit(steps, (key(), 60)).await.unwrap();
    let mut reports = cancelled.progress_stream();
    cancelled.cancel();
    while reports.next().await.is_some() {}
}
