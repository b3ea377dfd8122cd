//! A deadline counts from the submission, and ends a job wherever it is.

use std::time::Duration;

use offloop::{Error, Options, now, sleep};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere: a_deadline_that_has_passed_starts_nothing, the_earlier_deadline_counts, a_job_in_time_is_not_touched;
    where_jobs_run_beside:
        a_queued_job_ends_at_its_deadline_and_never_starts, waiting_for_room_ends_at_the_deadline;
    where_lanes_run_in_parallel: a_running_job_ends_at_its_deadline;
}

async fn a_running_job_ends_at_its_deadline(on: &Platform) {
    let (pool, start) = (on.pool(1), now());
    let result = pool.within(Duration::from_millis(30)).run(nap, 500).await;
    if on.is_parallel() {
        assert_eq!(result, Err(Error::TimedOut));
        assert!(now() - start < Duration::from_millis(400), "the caller waited for the job all the same");
        assert_eq!(pool.stats().failed.timed_out, 1);
    } else {
        // Nobody looks at the clock before the task returns; then it is a question of who is asked first.
        assert!(result == Ok(500) || (on.runs_beside() && result == Err(Error::TimedOut)), "{result:?}");
    }
}

async fn a_queued_job_ends_at_its_deadline_and_never_starts(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    let running = pool.submit(nap, 200).await.unwrap();
    let result = pool.within(Duration::from_millis(20)).run(noted, (key, 0)).await;
    assert_eq!(result, if on.runs_beside() { Err(Error::TimedOut) } else { Ok(key) });
    if on.abilities.parallel {
        assert!(!running.is_finished());
    }
    pool.close().await;
    assert_eq!(seen(key, "started").await, usize::from(!on.runs_beside()));
}

async fn waiting_for_room_ends_at_the_deadline(on: &Platform) {
    let pool = (on.pool)(1, Options::default().queue(0));
    if !on.runs_beside() {
        // Nobody ever waits for room. Long, since a busy machine takes its time for two jobs.
        let soon = pool.within(Duration::from_secs(20));
        let first = soon.submit(nap, 1).await.unwrap();
        assert_eq!((soon.run(nap, 1).await, first.await), (Ok(1), Ok(1)));
        return;
    }
    let running = pool.submit(nap, 200).await.unwrap();
    let refused = pool.within(Duration::from_millis(20)).submit(nap, 0).await;
    assert_eq!(refused.err(), Some(Error::TimedOut));
    if on.abilities.parallel {
        assert!(!running.is_finished());
    }
    assert_eq!(running.await, Ok(200));
    assert_eq!(pool.run(nap, 1).await, Ok(1), "the place in the line was given up");
}

async fn a_deadline_that_has_passed_starts_nothing(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    let late = pool.until(now());
    assert_eq!(late.run(noted, (key, 0)).await, Err(Error::TimedOut));
    assert_eq!(late.submit(noted, (key, 0)).await.err(), Some(Error::TimedOut));
    if let Ok(handle) = late.try_submit(noted, (key, 0)) {
        assert_eq!(handle.await, Err(Error::TimedOut));
    }
    pool.close().await;
    assert_eq!(seen(key, "started").await, 0);
}

async fn the_earlier_deadline_counts(on: &Platform) {
    let pool = on.pool(1);
    let hour = Duration::from_secs(3600);
    assert_eq!(pool.within(Duration::ZERO).within(hour).run(nap, 1).await, Err(Error::TimedOut));
    assert_eq!(pool.within(hour).within(Duration::ZERO).run(nap, 1).await, Err(Error::TimedOut));
    assert_eq!(pool.within(hour).within(hour).run(nap, 1).await, Ok(1));
}

async fn a_job_in_time_is_not_touched(on: &Platform) {
    let pool = on.warm_pool(1).await;
    let soon = pool.within(Duration::from_millis(150));
    assert_eq!(soon.run(nap, 10).await, Ok(10));
    let handle = soon.submit(nap, 10).await.unwrap();
    sleep(Duration::from_millis(200)).await;
    assert_eq!(handle.await, Ok(10), "the result came before the deadline, though it is taken after it");
    assert_eq!(pool.within(Duration::MAX).run(nap, 1).await, Ok(1));
}
