//! The edge function: timers and CPU work behind a fetch handler that never blocks.
//!
//! [`views`] turns requests into responses and knows no runtime; [`tasks`] is the CPU work and its one table. The entry of each
//! runtime, chosen by a feature, hands its requests and an [`offloop::Executor`] to the views.

pub mod limits;
pub mod tasks;
pub mod views;

#[cfg(all(feature = "browser", target_arch = "wasm32"))]
mod abort;
#[cfg(all(feature = "browser", target_arch = "wasm32"))]
mod answer;
#[cfg(all(feature = "edge", target_arch = "wasm32"))]
mod edge;
#[cfg(all(feature = "browser", target_arch = "wasm32"))]
mod page;
#[cfg(all(feature = "browser", target_arch = "wasm32"))]
mod service_worker;
