//! What the executor promises, each promise one named test, the same on every platform.
//!
//! A promise is an `async fn` that is told the [`Platform`](platform::Platform) it is kept on; [`promises!`] makes a test of it for each platform
//! that this target has. Where a platform cannot keep it, the promise says what happens there instead.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[macro_use]
mod platform;
mod tasks;

mod cancel;
mod close;
mod deadline;
mod detach;
mod hammer;
mod map;
mod panic;
mod progress;
mod queue;
mod run;
mod stats;
mod timers;
