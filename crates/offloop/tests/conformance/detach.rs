//! A detached job goes on with nobody waiting, and keeps its executor alive for as long.

use std::time::Duration;

use offloop::sleep;

use crate::platform::Platform;
use crate::tasks::*;

promises! {
    everywhere: a_detached_job_goes_on, a_detached_job_outlives_its_executor, detaching_a_job_that_has_ended_does_nothing;
}

async fn until_ended(key: u64, count: usize) {
    while seen(key, "ended").await < count {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn a_detached_job_goes_on(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    pool.submit(noted, (key, 10)).await.unwrap().detach();
    pool.submit(noted, (key, 1)).await.unwrap().detach();
    pool.close().await;
    assert_eq!((seen(key, "ended").await, pool.stats().finished), (2, 2));
}

async fn a_detached_job_outlives_its_executor(on: &Platform) {
    let (pool, key) = (on.pool(1), key());
    pool.submit(noted, (key, 10)).await.unwrap().detach();
    pool.submit(noted, (key, 1)).await.unwrap().detach();
    drop(pool);
    until_ended(key, 2).await;
}

async fn detaching_a_job_that_has_ended_does_nothing(on: &Platform) {
    let pool = on.pool(1);
    let handle = pool.submit(nap, 1).await.unwrap();
    pool.close().await;
    handle.detach();
    assert_eq!(pool.stats().finished, 1);
}
