//! Requests in, responses out: the only place that speaks HTTP, and one that knows no runtime.
//!
//! ```text
//! request → router → view → offloop::Executor (a request extension that the entry put there)
//! response ◀─ headers ◀─ view, or Problem
//! ```
//!
//! A new route is a file below this one and a line in [`router`].

mod accept;
mod admission;
mod async_cpu;
mod async_io;
mod body;
mod computation;
mod events;
#[cfg(feature = "mandelbrot")]
mod mandelbrot;
mod memory;
mod pace;
mod parts;
#[cfg(feature = "password")]
mod password;
mod pool;
mod probe;
mod problem;
mod query;
mod site;
mod stats;
mod tasks;
#[cfg(feature = "thumbnail")]
mod thumbnail;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use tower::util::MapResponseLayer;

use crate::limits::{LimitError, Limits};
pub use admission::Deadline;
pub use body::UnreadBody;
use memory::Memory;
use pace::Pace;
pub use pool::Pool;
use problem::Problem;
pub use site::{Lanes, Site};
use turns::Turns;

/// What all requests of one instance share.
struct Shared {
    limits: Limits,
    pace: Pace,
    memory: Memory,
    turns: Turns,
    /// How many lanes really run at the same time, where not all do.
    threads: Option<usize>,
    /// Whether lanes are being measured.
    probing: AtomicBool,
    /// Computations that were too small for a lane.
    inline: AtomicU64,
}

impl Shared {
    /// How many of so many lanes run at the same time.
    fn threads(&self, lanes: usize) -> usize {
        self.threads.unwrap_or(lanes).clamp(1, lanes.max(1))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The routes, built once and cloned for each request.
///
/// Each request needs an [`offloop::Executor`] or a [`Pool`] among its extensions, and may have a [`Site`].
///
/// # Examples
///
/// ```
/// use axum::body::Body;
/// use http::Request;
/// use offloop::{Executor, Options};
/// use offloop_edge::{limits::Limits, tasks::TASKS, views};
/// use tower::ServiceExt;
///
/// # futures_executor::block_on(async {
/// let pool = Executor::threads(&TASKS, Options::default());
/// let request = Request::get("/async-cpu?number=10000").extension(pool).body(Body::empty())?;
/// let response = views::router(Limits::default()).oneshot(request).await?;
/// assert_eq!(response.headers()["x-result"], "333283335000");
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn router(limits: Limits) -> Router {
    router_on(limits, None)
}

/// As [`router`], for lanes of which only so many run at the same time: those that are isolates of one process share its thread.
pub fn router_on(limits: Limits, threads: Option<usize>) -> Router {
    let lanes = threads.unwrap_or(limits.lanes);
    let shared = Arc::new(Shared {
        memory: Memory::new(&limits, lanes),
        turns: Turns::default(),
        pace: Pace::default(),
        probing: AtomicBool::new(false),
        inline: AtomicU64::new(0),
        threads,
        limits,
    });
    let routes = Router::new();
    #[cfg(feature = "mandelbrot")]
    let routes = routes.route("/mandelbrot", get(mandelbrot::view));
    #[cfg(feature = "password")]
    let routes = routes.route("/password/hash", post(password::hash)).route("/password/verify", post(password::verify));
    #[cfg(feature = "thumbnail")]
    let routes = routes.route("/thumbnail", post(thumbnail::view));
    #[cfg(all(feature = "faults", feature = "edge"))]
    let routes = routes.route("/panic", get(async || -> () { std::panic::panic_any("in a view") }));
    routes
        .route("/ping", get(async || "pong"))
        .route("/async-io", get(async_io::view))
        .route("/async-cpu", get(async_cpu::view))
        .route("/tasks", get(tasks::list))
        .route("/tasks/{name}", post(tasks::run))
        .route("/stats", get(stats::view))
        .route("/probe", get(probe::view))
        .method_not_allowed_fallback(async |request: Request| Problem::method(request.method(), request.uri().path()))
        .fallback(async |request: Request| Problem::not_found(request.uri().path()))
        .layer(from_fn_with_state(Arc::clone(&shared), memory::account))
        .layer(MapResponseLayer::new(guard))
        .with_state(shared)
}

/// The answer to every request of a deployment whose variables are wrong: what is wrong, since nothing else can be right.
pub fn misconfigured(error: &LimitError) -> Router {
    let detail = format!("this deployment is misconfigured: {error}");
    Router::new().fallback(async move || Problem::internal(detail)).layer(MapResponseLayer::new(guard))
}

/// The answer to a request that the views cannot be given.
pub fn unreadable(detail: String) -> Response {
    guard(Problem::unreadable(detail).into_response())
}

/// The answer in place of one that the runtime did not take.
pub fn unsendable() -> Response {
    guard(Problem::internal("the answer could not be sent".to_owned()).into_response())
}

/// The answer to a request whose body had not arrived by its deadline.
pub fn request_timeout() -> Response {
    guard(Problem::request_timeout().into_response())
}

/// Headers that every answer has: each is computed for its request, and is what it says it is.
fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A value as a JSON answer.
fn json(value: &impl serde::Serialize) -> Response {
    use http::header::CONTENT_TYPE;
    match serde_json::to_string(value) {
        Ok(text) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}
