//! Timers ring, never early, and can be dropped.

use std::future::pending;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::{join_all, poll_immediate};
use futures_util::{FutureExt, StreamExt};
use offloop::{Error, interval, now, sleep, timeout};

use crate::platform::Platform;
use crate::tasks::nap;

promises! {
    everywhere: a_sleep_never_rings_early, a_thousand_sleeps_ring_together, a_sleep_that_moves_wakes_where_it_is,
        a_sleep_of_any_length_can_be_dropped, a_timeout_ends_what_takes_too_long, an_interval_skips_what_it_missed;
}

const TICK: Duration = Duration::from_millis(20);

async fn a_sleep_never_rings_early(_: &Platform) {
    for nanos in [0, 1, 999, 1_000, 1_001, 500_000, 1_500_000, 1_999_999, 20_000_000] {
        let (start, length) = (now(), Duration::from_nanos(nanos));
        sleep(length).await;
        assert!(now() - start >= length, "{length:?}");
        let start = now();
        assert_eq!(timeout(length, pending::<()>()).await, Err(Error::TimedOut));
        assert!(now() - start >= length, "{length:?}");
        let start = now();
        interval(length).tick().await;
        assert!(now() - start >= length, "{length:?}");
    }
}

async fn a_thousand_sleeps_ring_together(_: &Platform) {
    let start = now();
    join_all((0..1_000).map(|n| sleep(TICK * (n % 3)))).await;
    assert!(now() - start < Duration::from_secs(5));
}

async fn a_sleep_that_moves_wakes_where_it_is(_: &Platform) {
    let mut moving = sleep(TICK);
    assert_eq!(moving.poll_unpin(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    moving.await;
}

async fn a_sleep_of_any_length_can_be_dropped(_: &Platform) {
    for length in [Duration::MAX, Duration::from_secs(u64::MAX / 1_000_000), TICK] {
        let mut long = pin!(sleep(length));
        assert!(poll_immediate(long.as_mut()).await.is_none());
    }
    sleep(TICK * 2).await;
}

async fn a_timeout_ends_what_takes_too_long(on: &Platform) {
    assert_eq!(timeout(TICK, pending::<()>()).await, Err(Error::TimedOut));
    assert_eq!(timeout(Duration::ZERO, async { 7 }).await, Ok(7), "what is ready is in time");
    assert_eq!(timeout(Duration::MAX, on.pool(1).run(nap, 1)).await, Ok(Ok(1)));
}

async fn an_interval_skips_what_it_missed(_: &Platform) {
    let (start, mut ticks) = (now(), interval(TICK));
    ticks.next().await;
    assert!(now() - start >= TICK);
    sleep(TICK * 5).await;
    let late = ticks.next().await.unwrap();
    let next = ticks.next().await.unwrap();
    assert!(next - late > TICK * 3, "the ticks in between were made up for");
    assert_eq!((next - start).as_micros() % TICK.as_micros(), (late - start).as_micros() % TICK.as_micros());
}
