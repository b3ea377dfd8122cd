//! The library's conformance suite at the edge. A gateway keeps one promise for each request, on lanes that are objects in its own
//! process or workers in others:
//!
//! - `GET /promises`: all of them, and whether each is kept here or something else is promised instead;
//! - `GET /promises/{group}/{name}`: keeps one. 200 if it held, 500 with the message of the assertion that did not.
//! - `GET /panic`: runs a task that panics, with no deadline.
#![cfg(all(target_arch = "wasm32", feature = "edge"))]
#![allow(clippy::unwrap_used)]

#[macro_use]
mod here;
mod entry;
mod lanes;
#[macro_use]
#[path = "../../../crates/offloop/tests/conformance/platform.rs"]
mod platform;
#[path = "../../../crates/offloop/tests/conformance/tasks.rs"]
mod tasks;

#[path = "../../../crates/offloop/tests/conformance/cancel.rs"]
mod cancel;
#[path = "../../../crates/offloop/tests/conformance/close.rs"]
mod close;
#[path = "../../../crates/offloop/tests/conformance/deadline.rs"]
mod deadline;
#[path = "../../../crates/offloop/tests/conformance/detach.rs"]
mod detach;
#[path = "../../../crates/offloop/tests/conformance/map.rs"]
mod map;
#[path = "../../../crates/offloop/tests/conformance/panic.rs"]
mod panic;
#[path = "../../../crates/offloop/tests/conformance/progress.rs"]
mod progress;
#[path = "../../../crates/offloop/tests/conformance/queue.rs"]
mod queue;
#[path = "../../../crates/offloop/tests/conformance/run.rs"]
mod run;
#[path = "../../../crates/offloop/tests/conformance/stats.rs"]
mod stats;
#[path = "../../../crates/offloop/tests/conformance/timers.rs"]
mod timers;
#[path = "../../../crates/offloop/tests/conformance/values.rs"]
mod values;
#[path = "../../../crates/offloop/tests/conformance/yields.rs"]
mod yields;

/// The promises of all files. One that is missing here has no cells in the table of promises, which its check finds.
fn promises() -> impl Iterator<Item = &'static here::Promise> {
    let files = [
        cancel::PROMISES,
        close::PROMISES,
        deadline::PROMISES,
        detach::PROMISES,
        map::PROMISES,
        panic::PROMISES,
        progress::PROMISES,
        queue::PROMISES,
        run::PROMISES,
        stats::PROMISES,
        timers::PROMISES,
        values::PROMISES,
        yields::PROMISES,
    ];
    files.into_iter().flatten()
}
