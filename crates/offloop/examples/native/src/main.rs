//! Work on threads beside an event loop, for those who come from asyncio.

use std::ops::Range;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt};
use offloop::{Context, Error, Executor, Options};

/// A task is a plain function.
fn sum_of_squares(range: Range<u64>) -> u64 {
    range.map(|i| i * i).sum()
}

/// Fails for `by` 0.
fn divide(number: i64, by: i64) -> i64 {
    number / by
}

/// One that says how far it is, and asks whether anybody still waits.
fn count_primes(context: &Context, below: u64) -> u64 {
    let mut found = 0;
    for n in 2..below {
        if n % 1_000 == 0 {
            context.progress(n, below);
            if context.is_cancelled() {
                break;
            }
        }
        found += u64::from((2..).take_while(|d| d * d <= n).all(|d| n % d != 0));
    }
    found
}

// Listed once. Here the far side is a thread; the same table serves Web Workers and edge isolates.
offloop::tasks! { #[idempotent] sum_of_squares, divide, count_primes }

/// More than anybody waits for.
const ENDLESS: u64 = 1 << 40;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // pool = ProcessPoolExecutor(max_workers=2), but its queue is bounded.
    let pool = Executor::threads(&TASKS, Options::default().lanes(2).queue(4));

    // await loop.run_in_executor(pool, sum_of_squares, range(10_000))
    println!("run: {}", pool.run(sum_of_squares, 0..10_000).await?);

    // await asyncio.gather(*(loop.run_in_executor(…) for part in parts)); the first error cancels the rest.
    let parts = (0..10).map(|i| 1_000 * i..1_000 * (i + 1));
    let sums = try_join_all(parts.clone().map(|part| pool.run(sum_of_squares, part))).await?;
    println!("gather: {}", sums.iter().sum::<u64>());

    // pool.map(sum_of_squares, parts, buffersize=…): in order, a few ahead of who reads.
    let sum = pool.map(sum_of_squares, parts).try_fold(0, async |sum, part| Ok(sum + part)).await?;
    println!("map: {sum}");

    // try: … except ZeroDivisionError: a panic is an error of that job alone. It is printed on stderr as any other, by the panic hook.
    let failed = pool.run(divide, (1, 0)).await;
    println!("panic: {}", failed.unwrap_err());

    // async with asyncio.timeout(0.05): … which in Python leaves the work in the pool running.
    let late = pool.within(Duration::from_millis(50)).run(count_primes, ENDLESS).await;
    println!("deadline: {}", late.unwrap_err());

    back_pressure(&pool).await;
    progress(&pool).await?;
    ctrl_c(&pool).await;

    // pool.shutdown(wait=True)
    pool.close().await;
    Ok(())
}

/// Python's queue of work has no end. Here `submit` waits for room, and `try_submit` says that there is none.
async fn back_pressure(pool: &Executor) {
    let mut jobs = Vec::new();
    let refused = loop {
        match pool.try_submit(count_primes, ENDLESS) {
            Ok(job) => jobs.push(job),
            Err(error) => break error,
        }
    };
    println!("back-pressure: {refused}");
    // Dropping a handle cancels its job: one that waits never starts, one that runs is told.
    drop(jobs);
}

/// A handle is a future, like asyncio's Task, and more: `cancel`, `detach`, `is_finished`, `progress`.
async fn progress(pool: &Executor) -> Result<(), Error> {
    let job = pool.submit(count_primes, 200_000).await?;
    let reports: Vec<(u64, u64)> = job.progress_stream().collect().await;
    let (done, total) = reports.last().copied().unwrap_or_default();
    println!("progress: {} primes, the last report was {done} of {total}", job.await?);
    Ok(())
}

/// Whatever ends first drops the other, and with it its job.
async fn ctrl_c(pool: &Executor) {
    let job = async {
        println!("cancel: press Ctrl-C");
        pool.run(count_primes, ENDLESS).await
    };
    tokio::select! {
        // In this order: whoever reads that line may press at once, and until someone listens Ctrl-C ends the program.
        biased;
        _ = tokio::signal::ctrl_c() => println!("cancelled"),
        result = job => println!("all of them: {result:?}"),
    }
}
