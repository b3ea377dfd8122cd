//! Offloop, driven from Rust, as a program that is written in it would.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use offloop::{Blob, Executor, Options, WorkerOptions, now};
use wasm_bindgen::prelude::*;

use crate::{TASKS, double, echo, spin};

#[wasm_bindgen]
pub struct Pool(Executor);

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn fail<T>(error: impl std::fmt::Display) -> Result<T, JsError> {
    Err(JsError::new(&error.to_string()))
}

#[wasm_bindgen]
impl Pool {
    #[wasm_bindgen(constructor)]
    pub fn new(lanes: usize) -> Result<Pool, JsError> {
        let options = Options::default().lanes(lanes).queue(1_000_000);
        Ok(Self(Executor::web_workers(&TASKS, options, WorkerOptions::default())?))
    }

    /// Until every lane has answered: a lane that is not up yet takes one call.
    pub async fn first(&self) -> Result<(), JsError> {
        self.0.warm();
        let answers = join_all((0..self.0.lanes()).map(|_| self.0.run(double, 21))).await;
        if answers.iter().all(|answer| *answer == Ok(42)) { Ok(()) } else { fail(format!("{answers:?}")) }
    }

    /// Milliseconds of each call, one after the other.
    pub async fn trips(&self, count: u32) -> Result<Vec<f64>, JsError> {
        let mut all = Vec::new();
        for n in 0..count {
            let start = now();
            let answer = self.0.run(double, n).await?;
            all.push(ms(now() - start));
            if answer != 2 * n {
                return fail(answer);
            }
        }
        Ok(all)
    }

    /// Milliseconds for `total` calls, `flight` at a time.
    pub async fn flight(&self, total: u32, flight: u32) -> Result<f64, JsError> {
        let start = now();
        let mut calls: FuturesUnordered<_> = (0..flight).map(|n| self.0.run(double, n)).collect();
        let (mut next, mut sum) = (flight, 0);
        while let Some(answer) = calls.next().await {
            sum += u64::from(answer?);
            if next < total {
                calls.push(self.0.run(double, next));
                next += 1;
            }
        }
        if sum == u64::from(total) * u64::from(total - 1) { Ok(ms(now() - start)) } else { fail(sum) }
    }

    /// Milliseconds for a stream of `total` items.
    pub async fn map(&self, total: u32) -> Result<f64, JsError> {
        let start = now();
        let mut stream = self.0.map(double, 0..total);
        let mut sum = 0;
        while let Some(answer) = stream.next().await {
            sum += u64::from(answer?);
        }
        if sum == u64::from(total) * u64::from(total - 1) { Ok(ms(now() - start)) } else { fail(sum) }
    }

    /// Milliseconds of each round trip of so many bytes.
    pub async fn bytes(&self, length: usize, count: u32) -> Result<Vec<f64>, JsError> {
        let mut all = Vec::new();
        let mut bytes = Blob::from(vec![7; length]);
        for _ in 0..count {
            let start = now();
            bytes = self.0.run(echo, bytes).await?;
            all.push(ms(now() - start));
        }
        if bytes.len() == length && bytes.iter().all(|byte| *byte == 7) { Ok(all) } else { fail("other bytes") }
    }

    /// Milliseconds for `count` jobs of so many rounds.
    pub async fn spin(&self, count: u32, rounds: u64) -> Result<f64, JsError> {
        let start = now();
        let wanted = spin_of(rounds);
        let mut stream = self.0.map_unordered(spin, (0..count).map(|_| rounds));
        while let Some(answer) = stream.next().await {
            if answer? != wanted {
                return fail("another sum");
            }
        }
        Ok(ms(now() - start))
    }
}

/// What `spin` returns, without its loop.
fn spin_of(rounds: u64) -> u64 {
    let n = u128::from(rounds);
    u64::try_from((n.saturating_sub(1) * n * (2 * n).saturating_sub(1) / 6) % (1 << 64)).unwrap_or(0)
}
