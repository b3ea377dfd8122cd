//! The browser entry for pages: what `www/` may call.
#![allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]

mod serve;
#[cfg(all(feature = "password", feature = "thumbnail"))]
mod work;

use std::cell::RefCell;
use std::time::Duration;

use js_sys::Uint8ClampedArray;
use offloop::{Error, Executor, Options, WorkerOptions};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, MessagePort};

use crate::abort::unless_aborted;
use crate::tasks::{TASKS, Tile, panic_with, sum_of_squares, tile};
use serve::Served;

/// The page's pool of Web Workers.
///
/// Its methods give promises. Aborting the signal that a method was given cancels its job, and the promise is rejected with the
/// signal's reason.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Pool {
    executor: Executor,
    served: RefCell<Vec<Served>>,
}

#[wasm_bindgen]
impl Pool {
    /// A pool of so many workers. They start with their first jobs, and end when they have been idle for `idle_ms`, if that is
    /// given.
    #[wasm_bindgen(constructor)]
    pub fn new(lanes: usize, idle_ms: Option<u32>) -> Result<Self, JsValue> {
        let workers = WorkerOptions::default();
        let workers = idle_ms.map_or(workers.clone(), |idle| workers.idle_stop(Duration::from_millis(idle.into())));
        let executor = Executor::web_workers(&TASKS, Options::default().lanes(lanes), workers);
        Ok(Self { executor: executor?, served: RefCell::default() })
    }

    /// How many workers there are.
    pub fn lanes(&self) -> usize {
        self.executor.lanes()
    }

    /// Changes the number of workers; surplus ones finish what they run.
    pub fn resize(&self, lanes: usize) {
        self.executor.resize(lanes);
    }

    /// The figures of the pool, in JSON.
    pub fn stats(&self) -> String {
        serde_json::to_string(&self.executor.stats()).unwrap_or_default()
    }

    /// The sum of the squares from `start` up to and without `end`, in decimal digits.
    pub async fn sum(&self, start: u64, end: u64, signal: Option<AbortSignal>) -> Result<String, JsValue> {
        let sum = unless_aborted(signal, self.executor.run(sum_of_squares, start..end)).await?;
        Ok(sum?.to_string())
    }

    /// The pixels of a part of the Mandelbrot set, as `ImageData` takes them.
    #[allow(clippy::too_many_arguments, reason = "an object would be read field by field on the other side")]
    pub async fn tile(
        &self,
        left: f64,
        top: f64,
        step: f64,
        width: u16,
        height: u16,
        iterations: u32,
        signal: Option<AbortSignal>,
    ) -> Result<Uint8ClampedArray, JsValue> {
        let job = self.executor.run(tile, Tile { left, top, step, width, height, iterations });
        let pixels = unless_aborted(signal, job).await??;
        Ok(Uint8ClampedArray::from(&*pixels.map_err(|cause| JsError::new(&cause))?))
    }

    /// Lets a task panic, which ends its worker. The promise is rejected with what the executor makes of it.
    pub async fn crash(&self) -> Result<(), Error> {
        let message = "asked to crash".to_owned();
        self.executor.run(panic_with, message).await.map(drop)
    }

    /// Answers the calls that come through `port` from the service worker with this pool. `began` is called for each of them; the
    /// function that it returns is called when the call has ended.
    pub fn serve(&self, port: MessagePort, began: js_sys::Function) {
        let mut served = self.served.borrow_mut();
        // The other end of an earlier port is gone, or will be when it has its last replies.
        served.retain(Served::is_busy);
        served.push(Served::new(self.executor.clone(), port, began));
    }
}

/// The same sum, computed here and now: whoever calls this blocks the event loop.
#[wasm_bindgen]
pub fn sum_here(start: u64, end: u64) -> String {
    sum_of_squares(start..end).to_string()
}
