//! Lanes that are Web Workers.
//!
//! ```text
//! the page, or a worker                              the lane's worker
//! ─────────────────────                              ─────────────────
//! start   js/lane.js starts js/worker.js
//!         { module, build } ───────────────────────▶ loads the glue; if it is of another build, answers so, and that was all
//!                                                    instantiates the same module
//!         waits for the lock ◀────────────────────── { lock }, which the worker holds until it ends, in whatever way
//!                           ◀─────────────────────── true: it is up
//! send    calls of this turn, one message  ────────▶ queue, run in order
//!         reply, progress   ◀─────────────────────── one message for many short calls
//! cancel  id                ───────────────────────▶ dropped, if it still waits
//! reset   terminated; another one is started
//!         down              ◀─────────────────────── { cause, running }: a panic or a trap, just before the end
//! ```
//!
//! Where the page is cross-origin isolated, the worker says that it is up with a buffer of shared memory instead of `true`. From then on short
//! frames without blobs go through it in both directions (`link`), in order with the messages beside it.
//!
//! Frames and blobs are copied out of one wasm memory, transferred, and copied into the other: one copy each.

mod lane;
mod link;
mod message;
mod options;
mod program;
mod server;
mod spawn;
mod worker;

use std::rc::Rc;

use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

pub use options::WorkerOptions;
pub(crate) use program::{in_lane, parallelism};
pub use server::serve_lane;
pub use spawn::spawn;

use crate::error::{Error, LostReason};
use crate::lane::Factory;
use crate::task::Tasks;
use lane::{Setup, WorkerLane};

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    fn soon(callback: &JsValue);
    #[wasm_bindgen(js_name = setTimer)]
    pub(crate) fn set_timer(callback: &JsValue, milliseconds: f64, place: usize) -> JsValue;
    #[wasm_bindgen(js_name = clearTimer)]
    pub(crate) fn clear_timer(timer: &JsValue);
}

/// Exports the function with which the worker script has this program serve its tasks.
#[doc(hidden)]
#[macro_export]
macro_rules! __lane_entry {
    ($tasks:ident) => {
        const _: () = {
            #[$crate::__private::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = $crate::__private::wasm_bindgen)]
            pub fn __offloop_serve(shared: Option<bool>) {
                $crate::__private::serve_lane(&$tasks, shared == Some(true));
            }
        };
    };
}

/// Makes lanes that run `tasks`, if Web Workers can be started here.
pub(crate) fn factory(tasks: &'static Tasks, options: WorkerOptions) -> Result<Factory, Error> {
    if !program::has_workers() {
        let cause =
            "Web Workers cannot be started here (a service worker?); use lanes in an open page, or Executor::inline";
        return Err(Error::lost(LostReason::NotStarted, cause));
    }
    let setup = SendWrapper::new(Rc::new(Setup::new(tasks, options)));
    Ok(Box::new(move |events| Box::new(WorkerLane::new(Rc::clone(&setup), events))))
}
