//! wasm-bindgen-rayon: threads that share the page's wasm memory. Rayon has no futures and the page must not block, so a channel brings
//! the result.

use std::hint::black_box;

use drive::{Answer, Peer, check, export, now, spin};
use futures_channel::oneshot;
use futures_util::stream::{FuturesUnordered, StreamExt};
use wasm_bindgen::prelude::*;
pub use wasm_bindgen_rayon::init_thread_pool;

pub struct Rayon;

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        let _ = sender.send(work());
    });
    receiver.await.map_err(|error| error.to_string())
}

fn double(n: u32) -> u32 {
    black_box(n).wrapping_mul(2)
}

impl Peer for Rayon {
    type Bytes = Vec<u8>;

    fn slice(bytes: &Vec<u8>) -> &[u8] {
        bytes
    }

    async fn double(&self, n: u32) -> Answer<u32> {
        run(move || double(n)).await
    }
    async fn echo(&self, bytes: Vec<u8>) -> Answer<Vec<u8>> {
        run(move || black_box(bytes)).await
    }
    async fn spin(&self, rounds: u64) -> Answer<u64> {
        run(move || spin(rounds)).await
    }
}

export!(Rayon);

#[wasm_bindgen]
impl Pool {
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "for JavaScript only")]
    pub fn new() -> Pool {
        Rayon.into()
    }

    /// Milliseconds for `total` calls, two jobs at a time of `batch` each.
    pub async fn batched(&self, total: u32, batch: u32) -> Result<f64, String> {
        let start = now();
        let job =
            |from: u32| run(move || (from..total.min(from + batch)).map(|n| u64::from(double(n))).collect::<Vec<_>>());
        let mut jobs: FuturesUnordered<_> = [0, batch].map(job).into_iter().collect();
        let (mut next, mut sum) = (2 * batch, 0);
        while let Some(answers) = jobs.next().await {
            sum += answers?.iter().sum::<u64>();
            if next < total {
                jobs.push(job(next));
                next += batch;
            }
        }
        check(sum == u64::from(total) * u64::from(total - 1))?;
        Ok(now() - start)
    }
}
