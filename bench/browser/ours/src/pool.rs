//! Offloop, driven from Rust, as a program that is written in it would.

use drive::{Answer, Peer, check, export, now};
use futures_channel::oneshot;
use futures_util::StreamExt;
use offloop::{Blob, Error, Executor, Options, WorkerOptions};
use wasm_bindgen::prelude::*;

use crate::{TASKS, double, echo, echo_floats, echo_result, echo_vector, spin};

pub struct Offloop(Executor);

impl Peer for Offloop {
    type Bytes = Blob;

    fn slice(bytes: &Blob) -> &[u8] {
        bytes
    }

    async fn double(&self, n: u32) -> Answer<u32> {
        self.0.run(double, n).await.map_err(text)
    }
    async fn echo(&self, bytes: Blob) -> Answer<Blob> {
        self.0.run(echo, bytes).await.map_err(text)
    }
    async fn spin(&self, rounds: u64) -> Answer<u64> {
        self.0.run(spin, rounds).await.map_err(text)
    }
}

fn text(error: Error) -> String {
    error.to_string()
}

export!(Offloop, spawned);

/// In the library's own queue of tasks, as a program would that is made for it.
async fn spawned<T: 'static>(work: impl Future<Output = T> + 'static) -> T {
    let (sender, receiver) = oneshot::channel();
    offloop::spawn(async move {
        let _ = sender.send(work.await);
    });
    receiver.await.expect_throw("what is spawned goes on to its end")
}

#[wasm_bindgen]
impl Pool {
    #[wasm_bindgen(constructor)]
    pub fn new(lanes: usize, shared_memory: bool) -> Answer<Pool> {
        let options = Options::default().lanes(lanes).queue(1_000_000);
        let workers = WorkerOptions::default().shared_memory(shared_memory);
        let executor = Executor::web_workers(&TASKS, options, workers).map_err(text)?;
        executor.warm();
        Ok(Offloop(executor).into())
    }

    /// Milliseconds of each round trip of so many bytes that are a `Vec<u8>`.
    pub async fn vector(&self, length: usize, count: u32) -> Answer<Vec<f64>> {
        let executor = self.0.0.clone();
        spawned(trips(vec![7; length], count, move |bytes| executor.run(echo_vector, bytes))).await
    }

    /// The same for an `Option<Vec<u8>>` and a `Result<Vec<u8>, String>`.
    pub async fn result(&self, length: usize, count: u32) -> Answer<Vec<f64>> {
        let executor = self.0.0.clone();
        let there_and_back = move |bytes| {
            let answer = executor.run(echo_result, Some(bytes));
            async { answer.await?.map_err(|what| Error::Malformed { what }) }
        };
        spawned(trips(vec![7; length], count, there_and_back)).await
    }

    /// The same for a `Vec<f32>`.
    pub async fn floats(&self, length: usize, count: u32) -> Answer<Vec<f64>> {
        let executor = self.0.0.clone();
        spawned(trips(vec![7.0; length / 4], count, move |numbers| executor.run(echo_floats, numbers))).await
    }

    /// Milliseconds for a stream of `total` items.
    pub async fn map(&self, total: u32) -> Answer<f64> {
        let executor = self.0.0.clone();
        spawned(mapped(executor, total)).await
    }
}

async fn trips<T, F>(value: Vec<T>, count: u32, there_and_back: impl Fn(Vec<T>) -> F) -> Answer<Vec<f64>>
where
    T: Clone + PartialEq,
    F: Future<Output = Result<Vec<T>, Error>>,
{
    let (mut all, mut last) = (Vec::new(), value.clone());
    for _ in 0..count {
        let start = now();
        last = there_and_back(last).await.map_err(text)?;
        all.push(now() - start);
    }
    check(last == value)?;
    Ok(all)
}

async fn mapped(executor: Executor, total: u32) -> Answer<f64> {
    let start = now();
    let mut stream = executor.map(double, 0..total);
    let mut sum = 0;
    while let Some(answer) = stream.next().await {
        sum += u64::from(answer.map_err(text)?);
    }
    check(sum == u64::from(total) * u64::from(total - 1))?;
    Ok(now() - start)
}
