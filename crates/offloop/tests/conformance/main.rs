//! What the executor promises, each promise one named test, the same on every platform.
//!
//! A promise is an `async fn` that is told the [`Platform`](platform::Platform) it is kept on; [`promises!`] makes a test of it for each platform
//! that this target has: threads natively, Web Workers in a browser, and inline on both. `tests/conformance-edge` runs the same files at the
//! edge. Where a platform cannot keep a promise, the promise says what happens there instead.
#![cfg(any(not(target_arch = "wasm32"), feature = "browser"))]
#![allow(clippy::unwrap_used)]

#[cfg(not(target_arch = "wasm32"))]
#[macro_use]
#[path = "native.rs"]
mod here;
#[cfg(target_arch = "wasm32")]
#[macro_use]
#[path = "web.rs"]
mod here;
#[macro_use]
mod platform;
mod tasks;

mod cancel;
mod close;
mod deadline;
mod detach;
#[cfg(not(target_arch = "wasm32"))]
mod hammer;
mod map;
mod panic;
mod progress;
mod queue;
mod run;
mod stats;
mod timers;
mod values;
mod yields;
