//! The one chooser of platforms: the clock and the alarm of this one, and the lanes that it has.
//!
//! Each platform gives
//! - `now() -> Instant`, a monotonic clock,
//! - `alarm(when, callback) -> Alarm`, which calls back once at or after that moment; dropping it calls off,
//! - `parallelism() -> usize`, how many lanes make sense.

pub(crate) mod inline;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod native;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{Alarm, alarm, now};
#[cfg(target_arch = "wasm32")]
pub(crate) use web::{Alarm, alarm, now};
