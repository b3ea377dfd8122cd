//! Whoever gets one result after the other without waiting lets others run in between.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, join, select};
use offloop::{Executor, Options, interval, now, sleep, sleep_until, yield_now};

use crate::here::others_run;
use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere:
        jobs_that_are_refused_let_others_run, jobs_that_run_in_the_callers_thread_let_others_run,
        a_map_of_refused_items_lets_others_run, timers_of_no_time_let_others_run, two_that_are_always_ready_let_others_run,
        a_finished_job_is_ready_at_the_next_poll;
}

/// More than enough for others to have their turn, and few enough to fail instead of going on for ever.
const MANY: u32 = 200_000;

/// Fails if this ends before others have run.
async fn lets_others_run(name: &str, busy: impl Future<Output = ()>) {
    let others = pin!(others_run());
    match select(pin!(busy), others).await {
        Either::Left(_) => panic!("{name} went on {MANY} times before others ran"),
        Either::Right(_) => {}
    }
}

async fn jobs_that_are_refused_let_others_run(on: &Platform) {
    let closed = on.pool(1);
    closed.close().await;
    let late = on.pool(1).until(now());
    for (pool, why) in [(closed.clone(), "a closed executor"), (late, "an executor past its deadline")] {
        lets_others_run(why, async {
            for _ in 0..MANY {
                assert!(pool.run(add, (1, 2)).await.is_err());
            }
        })
        .await;
    }
    let open = on.pool(1);
    lets_others_run("an unknown task", async {
        for n in 0..MANY {
            assert!(open.run(unlisted, n).await.is_err());
        }
    })
    .await;
    lets_others_run("an argument that cannot be encoded", async {
        for _ in 0..MANY {
            assert!(open.submit(takes_undescribable, Unsized).await.is_err());
        }
    })
    .await;
    lets_others_run("closing again", async {
        for _ in 0..MANY {
            closed.close().await;
        }
    })
    .await;
}

async fn jobs_that_run_in_the_callers_thread_let_others_run(_: &Platform) {
    let inline = Executor::inline(&TASKS, Options::default());
    lets_others_run("run", async {
        for n in 0..MANY {
            assert_eq!(inline.run(add, (n, 1)).await, Ok(n + 1));
        }
    })
    .await;
    lets_others_run("try_submit", async {
        for n in 0..MANY {
            assert_eq!(inline.try_submit(add, (n, 1)).unwrap().await, Ok(n + 1));
        }
    })
    .await;
    lets_others_run("map", async {
        let mut results = inline.map(add, (0..MANY).map(|n| (n, 1)));
        while results.next().await.is_some() {}
    })
    .await;
    lets_others_run("map_unordered", async {
        let mut results = inline.map_unordered(add, (0..MANY).map(|n| (n, 1))).indexed();
        while results.next().await.is_some() {}
    })
    .await;
}

async fn a_map_of_refused_items_lets_others_run(on: &Platform) {
    let pool = on.pool(2);
    lets_others_run("each item without time", async {
        let mut results = pool.map(add, (0..MANY).map(|n| (n, 1))).each_within(Duration::ZERO);
        while results.next().await.is_some() {}
    })
    .await;
    lets_others_run("items that cannot be encoded", async {
        let mut results = pool.map_unordered(takes_undescribable, (0..MANY).map(|_| Unsized));
        while results.next().await.is_some() {}
    })
    .await;
}

async fn timers_of_no_time_let_others_run(_: &Platform) {
    lets_others_run("sleep", async {
        for _ in 0..MANY {
            sleep(Duration::ZERO).await;
        }
    })
    .await;
    lets_others_run("sleep_until", async {
        let past = now();
        for _ in 0..MANY {
            sleep_until(past).await;
        }
    })
    .await;
    lets_others_run("yield_now", async {
        for _ in 0..MANY {
            yield_now().await;
        }
    })
    .await;
    for period in [Duration::ZERO, Duration::from_nanos(1)] {
        lets_others_run("interval", async {
            let mut ticks = interval(period);
            for _ in 0..MANY {
                ticks.tick().await;
            }
        })
        .await;
    }
}

async fn two_that_are_always_ready_let_others_run(on: &Platform) {
    let (closed, inline) = (on.pool(1), Executor::inline(&TASKS, Options::default()));
    closed.close().await;
    lets_others_run("select", async {
        for n in 0..MANY {
            let _ = select(pin!(closed.run(add, (1, 2))), pin!(inline.run(add, (n, 1)))).await;
        }
    })
    .await;
    let both = async {
        for n in 0..MANY {
            let _ = join(closed.run(add, (1, 2)), inline.run(add, (n, 1))).await;
        }
    };
    lets_others_run("join", both).await;
}

async fn a_finished_job_is_ready_at_the_next_poll(on: &Platform) {
    let pool = on.pool(1);
    for n in 0..300 {
        let mut handle = pool.try_submit(add, (n, 1)).unwrap();
        while !handle.is_finished() {
            sleep(Duration::from_millis(1)).await;
        }
        let result = futures_util::future::poll_immediate(&mut handle).await;
        assert_eq!(result, Some(Ok(n + 1)), "after {n}");
    }
}
