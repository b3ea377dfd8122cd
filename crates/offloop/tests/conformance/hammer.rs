//! Many threads do everything at once; afterwards every job has ended and the figures add up.

use std::thread;

use futures_executor::block_on;
use futures_util::StreamExt;
use offloop::{Error, Options, Refused};

use crate::here::{threads, within_a_minute};
use crate::platform::Platform;
use crate::tasks::*;

#[test]
fn everything_at_once_from_many_threads() {
    within_a_minute(|| block_on(hammer(&threads())));
}

/// Not inline: there a job runs in whichever thread is at it, and threads that wait for each other's jobs are no use.
async fn hammer(on: &Platform) {
    let pool = (on.pool)(2, Options::default().queue(4));
    let (threads, rounds) = (8, 300_u32);
    thread::scope(|scope| {
        for thread in 0..threads {
            let pool = pool.clone();
            scope.spawn(move || {
                block_on(async {
                    for round in 0..rounds {
                        match (round + thread) % 8 {
                            0 => drop(pool.submit(nap, 1).await.unwrap()),
                            1 => _ = pool.submit(nap, 1).await.unwrap().cancel(),
                            2 => assert!(matches!(
                                pool.within(std::time::Duration::from_micros(300)).run(nap, 1).await,
                                Ok(1) | Err(Error::TimedOut)
                            )),
                            3 => assert!(matches!(pool.run(fail_with_text, ()).await, Err(Error::Failed { .. }))),
                            4 => assert_eq!(
                                pool.map(add, (0..5).map(|n| (n, round))).map(Result::unwrap).collect::<Vec<_>>().await,
                                (round..round + 5).collect::<Vec<_>>()
                            ),
                            5 => pool.resize(usize::try_from(round % 4).unwrap()),
                            6 => match pool.try_submit(add, (round, 1)) {
                                Ok(handle) => assert_eq!(handle.await, Ok(round + 1)),
                                Err(refused) => assert_eq!(refused, Refused { error: Error::Full, input: (round, 1) }),
                            },
                            _ => assert_eq!(pool.run(add, (round, thread)).await, Ok(round + thread)),
                        }
                    }
                })
            });
        }
    });
    pool.close().await;
    let stats = pool.stats();
    assert_eq!((stats.queued, stats.running), (0, 0), "{stats:?}");
    assert_eq!(stats.submitted, stats.finished + stats.failed.total(), "{stats:?}");
    assert_eq!(stats.failed.lost, 0, "{stats:?}");
}
