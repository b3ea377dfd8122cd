//! One task, called once.

use offloop::{Executor, Options, WorkerOptions};
use wasm_bindgen::prelude::*;

fn double(n: u32) -> u32 {
    n.wrapping_mul(2)
}

offloop::tasks! { #[idempotent] double }

#[wasm_bindgen]
pub async fn doubled(n: u32) -> Result<u32, JsError> {
    let pool = Executor::web_workers(&TASKS, Options::default(), WorkerOptions::default())?;
    Ok(pool.run(double, n).await?)
}
