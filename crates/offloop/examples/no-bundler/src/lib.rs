//! Counts primes on Web Workers while the page stays responsive.

use offloop::{Error, Executor, Options, WorkerOptions};
use wasm_bindgen::prelude::*;

/// How many primes there are from `from` up to, and not including, `to`.
fn count_primes(from: u32, to: u32) -> u32 {
    let is_prime = |n: &u32| *n > 1 && (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    (from..to).filter(is_prime).count().try_into().unwrap_or(u32::MAX)
}

offloop::tasks! { #[idempotent] count_primes }

/// A pool of workers, for the page.
#[wasm_bindgen]
pub struct Pool(Executor);

#[wasm_bindgen]
impl Pool {
    /// One worker for each processor.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Pool, Error> {
        Ok(Self(Executor::web_workers(&TASKS, Options::default(), WorkerOptions::default())?))
    }

    /// Counts on one worker.
    #[wasm_bindgen(js_name = countPrimes)]
    pub async fn count_primes(&self, from: u32, to: u32) -> Result<u32, Error> {
        self.0.run(count_primes, (from, to)).await
    }
}
