//! A panic fails its own job, with its message and its place, and nothing else.

use futures_util::future::join_all;
use offloop::Error;

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    where_panics_are_contained: a_panic_is_failed_with_its_message, the_pool_goes_on_after_panics;
    where_lanes_are_apart: neighbours_are_not_touched;
}

async fn a_panic_is_failed_with_its_message(on: &Platform) {
    let pool = on.pool(1);
    assert_eq!(pool.run(fail, "made at run time".to_owned()).await, failed("made at run time", 0));
    assert_eq!(pool.run(fail_with_text, ()).await, failed("a text that is known at compile time", 4));
    assert_eq!(pool.run(fail_with_a_number, ()).await, failed("a panic without a message", 8));
}

async fn the_pool_goes_on_after_panics(on: &Platform) {
    let pool = on.pool(2);
    let (lanes, crashes) = (pool.lanes(), on.abilities.crashes);
    for _ in 0..crashes {
        assert!(matches!(pool.run(fail_with_text, ()).await, Err(Error::Failed { .. })));
    }
    assert_eq!(pool.run(add, (1, 2)).await, Ok(3));
    assert_eq!((pool.lanes(), pool.stats().failed.failed), (lanes, u64::from(crashes)));
}

async fn neighbours_are_not_touched(on: &Platform) {
    let (pool, apart) = (on.pool(2), on.is_apart());
    let jobs = join_all((0..4 * on.abilities.crashes).map(|n| {
        let pool = pool.clone();
        async move { if n % 3 == 0 { pool.run(fail_with_text, ()).await } else { pool.run(add, (n, 1)).await } }
    }));
    for (n, result) in (0..).zip(jobs.await) {
        match result {
            Err(Error::Failed { .. }) => assert_eq!(n % 3, 0),
            Ok(sum) => assert!(n % 3 != 0 && sum == n + 1),
            // They have ended with the others more often than they are tried again.
            Err(error) => assert!(!apart && matches!(error, Error::Lost { .. }), "{n}: {error}"),
        }
    }
}
