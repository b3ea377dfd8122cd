//! Web Workers, with shared memory (the runner's pages are isolated) and without, and the page's own thread.

use std::time::Duration;

use offloop::{Executor, WorkerOptions, now, sleep, timeout};
use wasm_bindgen::prelude::*;

use crate::platform::{Abilities, Platform};
use crate::tasks::TASKS;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

// Browsers blur their clocks, each in its own way.
const WORKERS: Abilities =
    Abilities { beside: true, parallel: true, heard: true, told: false, apart: true, blur: 2.0, crashes: 5 };

pub(crate) fn web_workers() -> Platform {
    let pool = |lanes, options: offloop::Options| {
        Executor::web_workers(&TASKS, options.lanes(lanes), WorkerOptions::default()).unwrap()
    };
    Platform::new(pool, WORKERS)
}

pub(crate) fn by_message() -> Platform {
    let pool = |lanes, options: offloop::Options| {
        let workers = WorkerOptions::default().shared_memory(false);
        Executor::web_workers(&TASKS, options.lanes(lanes), workers).unwrap()
    };
    Platform::new(pool, WORKERS)
}

pub(crate) fn inline() -> Platform {
    let abilities = Abilities { beside: false, parallel: false, heard: false, ..WORKERS };
    Platform::new(|_, options| Executor::inline(&TASKS, options), abilities)
}

/// Keeps a promise to its end, and fails instead of waiting for ever.
pub(crate) async fn keep(on: fn() -> Platform, instead: bool, promise: impl AsyncFnOnce(&Platform)) {
    let on = on();
    let kept = timeout(Duration::from_secs(60), promise(&on)).await;
    assert!(kept.is_ok(), "somebody waits for ever");
    on.was_kept_as_told(instead);
}

// A lane can be terminated at any time, and with it all that it knows: so each note is sent at once.
#[wasm_bindgen(inline_js = "
    const channel = new BroadcastChannel('offloop-notes');
    const notes = [];
    channel.onmessage = ({ data }) => notes.push(data);
    export const post_note = (key, what) => {
        if (globalThis.offloopLane) channel.postMessage(`${key} ${what}`);
        else notes.push(`${key} ${what}`);
    };
    export const count_notes = (key, what) => notes.filter((note) => note === `${key} ${what}`).length;
    export const later = () => new Promise((resolve) => setTimeout(resolve, 5));
    export const random_key = () => Math.floor(Math.random() * 2 ** 52);
")]
extern "C" {
    fn post_note(key: f64, what: &str);
    fn count_notes(key: f64, what: &str) -> usize;
    fn random_key() -> f64;
    fn later() -> js_sys::Promise;
}

#[allow(clippy::cast_precision_loss, reason = "keys are below 2^52")]
pub(crate) fn note(key: u64, what: &'static str) {
    post_note(key as f64, what);
}

/// How often a task with this key did this.
#[allow(clippy::cast_precision_loss, reason = "keys are below 2^52")]
pub(crate) async fn seen(key: u64, what: &str) -> usize {
    // Notes may be on their way.
    sleep(Duration::from_millis(50)).await;
    count_notes(key as f64, what)
}

/// A key that no other test uses.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a whole number below 2^52")]
pub(crate) fn key() -> u64 {
    random_key() as u64
}

/// Computes for some milliseconds.
pub(crate) fn work(milliseconds: u64) {
    let end = now() + Duration::from_millis(milliseconds);
    while now() < end {}
}

/// Ends once others have run: here, the event loop.
pub(crate) async fn others_run() {
    wasm_bindgen_futures::JsFuture::from(later()).await.unwrap();
}

macro_rules! tests {
    ([$($everywhere:ident)*] [$($beside:ident)*] [$($parallel:ident)*] [$($heard:ident)*] [$($told:ident)*] [$($contained:ident)*] [$($apart:ident)*]) => {
        mod web_workers {
            each! { web_workers false [super] [] [$($everywhere)* $($beside)* $($parallel)* $($heard)* $($contained)* $($apart)*] }
            mod instead {
                each! { web_workers true [super super] [] [$($told)*] }
            }
        }
        // Not in the table of promises: it is a way of the same lanes.
        mod by_message {
            each! { by_message false [super] [] [$($everywhere)* $($beside)* $($parallel)* $($heard)* $($contained)* $($apart)*] }
            mod instead {
                each! { by_message true [super super] [] [$($told)*] }
            }
        }
        mod inline {
            each! { inline false [super] [] [$($everywhere)*] }
            mod instead {
                each! { inline true [super super] [] [$($beside)* $($parallel)* $($heard)* $($told)*] }
                // A panic ends whatever runs in this instance of wasm, the caller as well.
                each! { inline false [super super] [#[should_panic]] [$($contained)* $($apart)*] }
            }
        }
    };
}

macro_rules! each {
    ($on:ident $instead:literal $up:tt $attributes:tt [$($promise:ident)*]) => {
        $(one! { $on $instead $up $attributes $promise })*
    };
}

macro_rules! one {
    ($on:ident $instead:literal [$($up:tt)+] [$($attribute:tt)*] $promise:ident) => {
        #[wasm_bindgen_test::wasm_bindgen_test]
        $($attribute)*
        async fn $promise() {
            crate::here::keep(crate::here::$on, $instead, $($up::)+$promise).await;
        }
    };
}
