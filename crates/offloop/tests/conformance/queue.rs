//! The queue is bounded: beyond it `try_submit` refuses and `submit` waits its turn.

use std::pin::pin;
use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::{join_all, poll_immediate};
use offloop::{Error, Options};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere: those_who_wait_are_served_in_order, ten_times_what_fits_all_get_through;
    where_jobs_run_beside:
        a_full_queue_refuses, submit_waits_for_room, who_gives_up_leaves_the_line, a_queue_of_zero_takes_only_what_can_run,
        a_newcomer_does_not_overtake;
}

async fn a_full_queue_refuses(on: &Platform) {
    let pool = (on.pool)(2, Options::default().queue(3));
    let mut handles = Vec::new();
    let refused = loop {
        match pool.try_submit(nap, 100) {
            Ok(handle) if handles.len() < 20 => handles.push(handle),
            other => break other.err().map(Error::from),
        }
    };
    // Two run, three wait. Inline each is done before the next comes.
    assert_eq!((handles.len(), refused), if on.runs_beside() { (5, Some(Error::Full)) } else { (20, None) });
    assert!(pool.stats().queued <= 3);
    for handle in handles {
        assert_eq!(handle.await, Ok(100));
    }
    assert_eq!(pool.try_submit(nap, 1).unwrap().await, Ok(1), "there is room again");
}

async fn submit_waits_for_room(on: &Platform) {
    let pool = (on.pool)(1, Options::default().queue(1));
    let first = pool.submit(nap, MEANWHILE).await.unwrap();
    let second = pool.submit(nap, 1).await.unwrap();
    let mut third = pin!(pool.submit(nap, 2));
    let early = poll_immediate(third.as_mut()).await;
    assert_eq!(early.is_none(), on.runs_beside());
    let third = if let Some(early) = early { early } else { third.await }.unwrap();
    assert!(first.is_finished());
    assert_eq!((first.await, second.await, third.await), (Ok(MEANWHILE), Ok(1), Ok(2)));
}

async fn those_who_wait_are_served_in_order(on: &Platform) {
    let pool = (on.pool)(1, Options::default().queue(1));
    let order = Mutex::new(Vec::new());
    join_all((0..30).map(|n| {
        let (pool, order) = (pool.clone(), &order);
        async move {
            let handle = pool.submit(nap, 1).await.unwrap();
            order.lock().unwrap().push(n);
            handle.await.unwrap()
        }
    }))
    .await;
    assert_eq!(*order.lock().unwrap(), (0..30).collect::<Vec<_>>());
}

async fn who_gives_up_leaves_the_line(on: &Platform) {
    let pool = (on.pool)(1, Options::default().queue(0));
    if !on.runs_beside() {
        // There is no line: who comes is served.
        assert_eq!((pool.run(nap, 1).await, pool.stats().submitted), (Ok(1), 1));
        return;
    }
    let running = pool.submit(nap, MEANWHILE).await.unwrap();
    let mut patient = pin!(pool.submit(nap, 1).fuse());
    {
        let mut impatient = pin!(pool.submit(nap, 1));
        assert!(poll_immediate(impatient.as_mut()).await.is_none());
        assert!(poll_immediate(patient.as_mut()).await.is_none());
    }
    assert_eq!(running.await, Ok(MEANWHILE));
    assert_eq!(patient.await.unwrap().await, Ok(1));
    assert_eq!(pool.stats().submitted, 2);
}

async fn a_queue_of_zero_takes_only_what_can_run(on: &Platform) {
    let pool = (on.pool)(2, Options::default().queue(0));
    let first = pool.try_submit(nap, MEANWHILE).unwrap();
    let second = pool.try_submit(nap, MEANWHILE).unwrap();
    assert_eq!(pool.try_submit(nap, 1).err().map(Error::from), on.runs_beside().then_some(Error::Full));
    assert_eq!((first.await, second.await), (Ok(MEANWHILE), Ok(MEANWHILE)));
    assert_eq!(pool.run(nap, 1).await, Ok(1));
}

async fn a_newcomer_does_not_overtake(on: &Platform) {
    let pool = (on.pool)(1, Options::default().queue(0));
    if !on.runs_beside() {
        // There is no line: who comes is served.
        assert_eq!((pool.run(nap, 1).await, pool.stats().submitted), (Ok(1), 1));
        return;
    }
    let running = pool.submit(nap, MEANWHILE).await.unwrap();
    let mut waiting = pin!(pool.submit(nap, 1));
    assert!(poll_immediate(waiting.as_mut()).await.is_none());
    assert_eq!(running.await, Ok(MEANWHILE));
    assert_eq!(
        pool.try_submit(nap, 1).err().map(Error::from),
        Some(Error::Full),
        "the room is kept for the one who waited"
    );
    assert_eq!(waiting.await.unwrap().await, Ok(1));
}

async fn ten_times_what_fits_all_get_through(on: &Platform) {
    let pool = (on.pool)(2, Options::default().queue(8));
    let results = join_all((0..1_000).map(|n| pool.run(add, (n, 1)))).await;
    assert!(results.into_iter().eq((1..=1_000).map(Ok)));
    assert_eq!(pool.stats().finished, 1_000);
}
