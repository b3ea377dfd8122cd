//! The figures add up.

use futures_util::future::join_all;
use offloop::{Options, Recorder, Stats};

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere: executors_may_share_a_recorder, figures_cross_as_json;
    where_jobs_run_beside: what_waits_and_what_runs_is_told_apart;
    where_panics_are_contained: every_job_is_counted_once;
}

fn adds_up(stats: &Stats) -> bool {
    stats.submitted == stats.queued + stats.running + stats.finished + stats.failed.total()
}

async fn every_job_is_counted_once(on: &Platform) {
    let pool = on.pool(2);
    let rounds = on.abilities.crashes;
    for n in 0..rounds {
        let _ = pool.run(add, (n, 1)).await;
        let _ = pool.run(fail_with_text, ()).await;
        let _ = pool.within(std::time::Duration::ZERO).run(add, (n, 1)).await;
        drop(pool.submit(nap, 1).await);
    }
    pool.close().await;
    let stats = pool.stats();
    assert!(adds_up(&stats), "{stats:?}");
    assert_eq!((stats.queued, stats.running, stats.failed.failed), (0, 0, u64::from(rounds)));
    assert_eq!(stats.finished + stats.failed.cancelled, u64::from(2 * rounds));
}

async fn what_waits_and_what_runs_is_told_apart(on: &Platform) {
    let pool = on.pool(2);
    let handles: Vec<_> = (0..5).map(|_| pool.try_submit(nap, 40).unwrap()).collect();
    let stats = pool.stats();
    let expected = if on.runs_beside() { (2, 2, 3, 0) } else { (1, 0, 0, 5) };
    assert_eq!((stats.lanes, stats.running, stats.queued, stats.finished), expected);
    join_all(handles).await;
    let stats = pool.stats();
    assert_eq!((stats.running, stats.queued, stats.finished), (0, 0, 5));
    assert!(stats.run_ms.p50 >= 40.0 - on.abilities.blur && stats.run_ms.max >= stats.run_ms.p99, "{stats:?}");
    assert_eq!(stats.queue_ms.max >= 40.0 - on.abilities.blur, on.runs_beside(), "{stats:?}");
}

async fn executors_may_share_a_recorder(on: &Platform) {
    let recorder = Recorder::new();
    for _ in 0..3 {
        let pool = (on.pool)(1, Options::default().recorder(recorder.clone()));
        assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
    }
    let stats = recorder.snapshot();
    assert_eq!((stats.submitted, stats.finished, stats.lanes), (3, 3, 0));
}

async fn figures_cross_as_json(on: &Platform) {
    let pool = on.pool(1);
    let _ = pool.run(add, (1, 2)).await;
    let stats = pool.stats();
    let text = serde_json::to_string(&stats).unwrap();
    assert_eq!(serde_json::from_str::<Stats>(&text).unwrap(), stats);
}
