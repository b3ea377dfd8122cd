//! Lanes behind anything with `fetch`, for Cloudflare Workers and other users of its runtime, workerd.
//!
//! ```text
//! gateway                                     lane: a Durable Object, or a worker in another process
//! send, send ─┐ end of turn
//!             └ frame of calls ── fetch ────▶ serve: call by call, with a look at the event loop in between
//! Events ◀───── frames of events ◀─ body ──── a reply each
//! ```
//!
//! - **lane**: calls sent in one turn of the loop leave in one fetch. The executor belongs to one request, as do its fetches.
//! - **serve**: answers in one piece if one turn is enough, else with a stream to which each reply is written when it is there.
//! - **trap**: a panic ends the wasm instance with all requests in it. Each of them is answered before that: the running call with
//!   the message, those behind it as not started.
//! - **gone**: when a client goes away, the runtime simply never comes back to its request. What has to be released is released
//!   in the `abort` event that comes before (flag `enable_request_signal`).
//!
//! Nothing here waits for another request. A future that one request wakes on behalf of another would run in the wrong one, where
//! the runtime forbids it to touch its own objects: <https://developers.cloudflare.com/workers/runtime-apis/bindings/#making-changes-to-bindings>.
//! Only numbers are shared between requests: how many calls are in flight where.

mod body;
mod clock;
mod failure;
mod flight;
mod gone;
mod js;
mod lane;
mod local;
mod place;
mod pulse;
mod respond;
mod serve;
mod trap;

pub use body::body;
pub(crate) use clock::{alarm, now};
pub use gone::Gone;
pub(crate) use lane::factory;
pub(crate) use place::GOES_ON;
pub use place::Place;
pub use respond::respond;
pub use serve::serve;
