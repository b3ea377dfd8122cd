//! wasmworker, with its pool and one compiled module for all workers.

use drive::{Answer, Peer, export};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;
use wasmworker::{WebWorkerPool, WorkerPoolOptions, webworker, webworker_fn};

#[webworker_fn]
pub fn double(n: u32) -> u32 {
    n.wrapping_mul(2)
}

#[webworker_fn]
pub fn echo(bytes: ByteBuf) -> ByteBuf {
    bytes
}

#[webworker_fn]
pub fn spin(rounds: u64) -> u64 {
    drive::spin(rounds)
}

pub struct Wasmworker(WebWorkerPool);

impl Peer for Wasmworker {
    type Bytes = ByteBuf;

    fn slice(bytes: &ByteBuf) -> &[u8] {
        bytes
    }

    async fn double(&self, n: u32) -> Answer<u32> {
        Ok(self.0.run(webworker!(double), &n).await)
    }
    async fn echo(&self, bytes: ByteBuf) -> Answer<ByteBuf> {
        Ok(self.0.run(webworker!(echo), &bytes).await)
    }
    async fn spin(&self, rounds: u64) -> Answer<u64> {
        Ok(self.0.run(webworker!(spin), &rounds).await)
    }
}

export!(Wasmworker);

#[wasm_bindgen]
impl Pool {
    pub async fn start(lanes: usize) -> Answer<Pool> {
        let mut options = WorkerPoolOptions::new();
        options.num_workers = Some(lanes);
        options.precompile_wasm = Some(true);
        let pool = WebWorkerPool::with_options(options).await.map_err(|error| format!("{error:?}"))?;
        Ok(Wasmworker(pool).into())
    }
}
