//! Requests in, responses out. Views know no runtime.

use axum::Router;
use axum::routing::get;

/// The routes, built once and cloned for each request.
pub fn router() -> Router {
    Router::new().route("/ping", get(async || "pong"))
}
