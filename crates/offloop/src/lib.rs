//! Keep CPU work off the event loop, wherever your WebAssembly runs.
//!
//! Offloop runs plain Rust functions on Web Workers in a page, on other isolates at the edge, and on threads natively, and gives
//! you a future of the result: Python's `await loop.run_in_executor(pool, f, *args)` for WebAssembly.
//!
//! ```ignore-wasm32
//! use offloop::{Executor, Options};
//!
//! // A task is a plain function.
//! fn sum_of_squares(range: std::ops::Range<u64>) -> u128 {
//!     range.map(|i| u128::from(i) * u128::from(i)).sum()
//! }
//!
//! // Listed once, so that the other side knows it by name.
//! offloop::tasks! { #[idempotent] sum_of_squares }
//!
//! # futures_executor::block_on(async {
//! // Natively; `Executor::web_workers` in a page, `Executor::edge` in an edge function.
//! let pool = Executor::threads(&TASKS, Options::default());
//! let sum = pool.run(sum_of_squares, 0..10_000).await?;
//! assert_eq!(sum, 333_283_335_000);
//! # Ok::<(), offloop::Error>(()) }).unwrap();
//! ```
//!
//! # The flow of a call
//!
//! ```text
//! submit → queue → lane ══ Call ══▶ serve → task
//! handle ◀ executor ◀ lane ◀══ Reply ══ result
//! ```
//!
//! - **submit**: the argument is encoded; the job takes a place in the bounded queue, or waits for one.
//! - **lane**: the oldest job goes to an idle lane. While jobs are much shorter than the way to the lane, a few are sent ahead.
//! - **serve**: the far side looks the task up in the same table, decodes, runs, encodes.
//! - **handle**: the future ends with the result, or with an [`Error`]: it never waits for ever.
//!
//! Dropping a [`Handle`], or the future of [`Executor::run`], cancels the job.
//!
//! # Where an executor comes from
//!
//! | constructor | lanes | there is one |
//! |---|---|---|
//! | [`Executor::threads`](Executor) | threads | on every target but `wasm32`, without a feature and with any async runtime |
//! | [`Executor::web_workers`](Executor), with `WorkerOptions` | Web Workers | on `wasm32` with the feature `browser` |
//! | [`Executor::edge`](Executor), with the module `edge` | anything with `fetch` on Cloudflare Workers | on `wasm32` with the feature `edge` |
//! | [`Executor::inline`] | none: in the calling thread | everywhere |
//! | [`Executor::with_lanes`] | of your own, see [`lane`] | everywhere |
//!
//! These pages show what the target has for which they were made: `cargo doc --target wasm32-unknown-unknown --features browser,edge` those of the
//! browser and the edge.
//!
//! # Good to know
//!
//! - A `Vec<u8>`, `Vec<f32>`, `Vec<f64>` or `String` of 32 KiB and more travels beside the encoded value, as a [`Blob`] does, and is copied once
//!   or twice on the way. A `Blob` is not copied between threads, nor if it is passed on.
//! - Values have limits: 1,024 levels of nesting, and 256 on `wasm32`. [`Task`] tells them, and which attributes of serde cannot cross.
//! - A thread cannot be ended: one whose job was cancelled, or is past its deadline, stays busy until the task returns; a long one asks
//!   [`Context::is_cancelled`].
//! - Lanes that share a thread with their caller, as all of one `workerd` process (`wrangler dev`) do, let nobody look at the clock while they
//!   compute: the deadline of a job that runs there does not fire.
//! - Futures and streams of this crate give way: one that is ready time and again, such as a `map` whose jobs run inline, lets the event loop or
//!   other tasks run after some 8 ms or 128 results. [`yield_now`] does that in code of your own.
//! - A program's own `#[wasm_bindgen]` exports may give `Result<T, offloop::Error>`: JavaScript catches an `Error` with [`Error::kind`] as its `kind`.
//! - A program's own `#[wasm_bindgen]` exports that are `async` need `wasm-bindgen-futures` as a dependency of the program.
//! - A panic's place is told by a panic hook, which is set with the first executor, and calls the one before it. A hook that is set later should
//!   do the same. In a lane's worker a panic is shown in the console, unless the program has set a hook there by itself.
//! - A page's start function runs in each lane's worker too: what stands before its look at [`in_lane`], such as setting a panic hook, happens
//!   in lanes as well.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod apart;
mod blob;
mod budget;
mod codec;
mod core;
mod error;
mod executor;
mod foreign;
mod instant;
pub mod lane;
mod options;
mod platform;
mod serve;
mod stats;
mod task;
mod timer;
pub mod wire;

#[cfg(all(target_arch = "wasm32", feature = "edge"))]
pub use platform::edge;

pub use blob::Blob;
pub use error::{Error, LostReason};
pub use executor::{Canceller, Executor, Handle, Indexed, Map, MapUnordered, ProgressStream, Refused, Submit};
pub use instant::Instant;
pub use options::Options;
pub use stats::{Failures, Percentiles, Recorder, Stats};
pub use task::{Context, Entry, Report, Task, Tasks, WithContext};
pub use timer::{Interval, Sleep, interval, now, sleep, sleep_until, timeout, yield_now};

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub use platform::browser::{WorkerOptions, spawn};
pub use platform::in_lane;

#[doc(hidden)]
pub mod __private {
    pub use crate::codec::Arguments;
    #[cfg(all(target_arch = "wasm32", feature = "browser"))]
    pub use crate::platform::browser::serve_lane;
    pub use crate::task::{Entry, check, entry, invoke, results};
    #[cfg(all(target_arch = "wasm32", feature = "browser"))]
    pub use wasm_bindgen;
}

/// What a platform adds to the table of tasks; replaced where lanes need an entry point.
#[cfg(not(all(target_arch = "wasm32", feature = "browser")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __lane_entry {
    ($tasks:ident) => {};
}
