//! The one chooser of platforms: the clock and the alarm of this one, and the lanes that it has.
//!
//! Each platform gives
//! - `now() -> Instant`, a monotonic clock,
//! - `alarm(when, callback) -> Alarm`, which calls back once at or after that moment; dropping it calls off,
//! - `HAS_EVENT_LOOP`, whether there is one outside of wasm that has to have its turns,
//! - `PROMPT`, whether lanes of its own may be prompt (`Lane::is_prompt`),
//! - `parallelism() -> usize`, how many lanes make sense,
//! - `Body`, bytes of known number that are still on their way into the program.

/// Whether a panic unwinds to whoever contains it; if not, it ends the instance, and the lane's platform tells of it.
pub(crate) const UNWINDS: bool = cfg!(panic = "unwind");

/// Whether this is the instance of the program that runs in a lane's worker; `false` wherever lanes are no Web Workers.
///
/// A worker runs the program's `#[wasm_bindgen(start)]` function, if there is one, as the page does. One that touches the page
/// has to return early:
///
/// ```ignore
/// #[wasm_bindgen(start)]
/// fn start() {
///     if offloop::in_lane() {
///         return;
///     }
///     // the page's own beginning
/// }
/// ```
#[must_use]
pub fn in_lane() -> bool {
    #[cfg(all(target_arch = "wasm32", feature = "browser"))]
    return browser::in_lane();
    #[cfg(not(all(target_arch = "wasm32", feature = "browser")))]
    return false;
}

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub(crate) mod browser;
#[cfg(all(target_arch = "wasm32", feature = "edge"))]
pub mod edge;
pub(crate) mod inline;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod native;
#[cfg(target_arch = "wasm32")]
mod thrown;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub(crate) use browser::{clear_timer, parallelism, set_timer};
#[cfg(all(target_arch = "wasm32", feature = "edge"))]
pub(crate) use edge::{alarm, now};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{Alarm, Body, HAS_EVENT_LOOP, PROMPT, alarm, now, parallelism};
#[cfg(target_arch = "wasm32")]
pub(crate) use web::{Alarm, Body, HAS_EVENT_LOOP, PROMPT};
#[cfg(all(target_arch = "wasm32", not(feature = "edge")))]
pub(crate) use web::{alarm, now};
#[cfg(all(target_arch = "wasm32", not(feature = "browser")))]
pub(crate) use web::{clear_timer, parallelism, set_timer};
