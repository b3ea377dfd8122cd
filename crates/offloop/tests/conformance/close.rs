//! `close` finishes what was taken, `abort` ends it; afterwards nothing is left and nothing more is taken.

use std::pin::pin;

use futures_util::future::{join, join_all, poll_immediate};
use offloop::{Error, Options};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere:
        close_finishes_what_was_taken, a_closed_executor_takes_no_more, closing_again_is_fine, close_takes_effect_when_called,
        a_close_that_is_not_awaited_still_closes, lanes_come_and_go;
    where_jobs_run_beside: abort_ends_everything_at_once, those_who_wait_for_room_are_told, dropping_everything_cancels;
}

async fn close_finishes_what_was_taken(on: &Platform) {
    let pool = on.pool(2);
    let handles: Vec<_> = (0..10).map(|_| pool.try_submit(nap, 5).unwrap()).collect();
    pool.close().await;
    assert!(handles.iter().all(offloop::Handle::is_finished));
    assert!(join_all(handles).await.into_iter().all(|result| result == Ok(5)));
    let stats = pool.stats();
    assert_eq!((stats.finished, stats.queued, stats.running, stats.failed.total()), (10, 0, 0, 0));
}

async fn a_closed_executor_takes_no_more(on: &Platform) {
    let closed = on.pool(1);
    closed.close().await;
    let aborted = on.pool(1);
    aborted.abort();
    for pool in [closed, aborted] {
        assert_eq!(pool.run(add, (1, 2)).await, Err(Error::Closed));
        assert_eq!(pool.submit(add, (1, 2)).await.err(), Some(Error::Closed));
        assert_eq!(pool.try_submit(add, (1, 2)).err().map(Error::from), Some(Error::Closed));
        pool.resize(3);
        assert_eq!(pool.try_submit(add, (1, 2)).err().map(Error::from), Some(Error::Closed));
    }
}

async fn abort_ends_everything_at_once(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    let running = pool.submit(nap, MEANWHILE).await.unwrap();
    let queued: Vec<_> = (0..5).map(|_| pool.try_submit(noted, (key, 0)).unwrap()).collect();
    pool.abort();
    assert!(running.is_finished() && queued.iter().all(offloop::Handle::is_finished));
    if on.runs_beside() {
        assert_eq!(running.await, Err(Error::Cancelled));
        assert!(join_all(queued).await.into_iter().all(|result| result == Err(Error::Cancelled)));
        assert_eq!(seen(key, "started").await, 0);
    }
    pool.close().await;
}

async fn those_who_wait_for_room_are_told(on: &Platform) {
    if !on.runs_beside() {
        // Nobody ever waits for room.
        let pool = (on.pool)(1, Options::default().queue(0));
        let first = pool.submit(nap, 1).await.unwrap();
        assert_eq!((pool.run(nap, 1).await, first.await), (Ok(1), Ok(1)));
        return;
    }
    for abort in [true, false] {
        let pool = (on.pool)(1, Options::default().queue(0));
        let _running = pool.submit(nap, MEANWHILE).await.unwrap();
        let mut waiting = pin!(pool.submit(nap, 1));
        assert!(poll_immediate(waiting.as_mut()).await.is_none());
        if abort {
            pool.abort();
        } else {
            drop(pool.close());
        }
        assert_eq!(waiting.await.err(), Some(Error::Closed));
    }
}

async fn closing_again_is_fine(on: &Platform) {
    let pool = on.pool(1);
    let job = pool.submit(nap, 20).await.unwrap();
    let (first, second) = (pool.close(), pool.close());
    join(first, second).await;
    pool.close().await;
    pool.abort();
    pool.close().await;
    assert_eq!(job.await, Ok(20));
}

async fn close_takes_effect_when_called(on: &Platform) {
    let pool = on.pool(1);
    let close = pool.close();
    assert_eq!(pool.try_submit(nap, 1).err().map(Error::from), Some(Error::Closed));
    close.await;
}

async fn a_close_that_is_not_awaited_still_closes(on: &Platform) {
    let pool = on.pool(1);
    let job = pool.submit(nap, 10).await.unwrap();
    drop(pool.close());
    assert_eq!(pool.try_submit(nap, 1).err().map(Error::from), Some(Error::Closed));
    assert_eq!(job.await, Ok(10));
    pool.close().await;
}

async fn dropping_everything_cancels(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    let running = pool.submit(nap, MEANWHILE).await.unwrap();
    let queued = pool.submit(noted, (key, 0)).await.unwrap();
    drop((pool, running, queued));
    offloop::sleep(std::time::Duration::from_millis(MEANWHILE + 50)).await;
    assert_eq!(seen(key, "started").await, usize::from(!on.runs_beside()));
}

async fn lanes_come_and_go(on: &Platform) {
    let pool = on.pool(1);
    for lanes in [3, 1, 4, 2, 0, 5, 1] {
        let jobs = join_all((0..20).map(|n| pool.run(add, (n, 0))));
        pool.resize(lanes);
        assert!(jobs.await.into_iter().eq((0..20).map(Ok)));
        assert_eq!(pool.lanes(), lanes.max(1));
    }
    pool.warm();
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
}
