//! The views, asked directly: no server, no runtime, the same answers as everywhere.
#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod async_cpu;
mod async_io;
mod bodies;
mod crowded;
mod events;
mod input;
mod lost;
#[cfg(feature = "mandelbrot")]
mod mandelbrot;
#[cfg(feature = "password")]
mod password;
mod probe;
mod problems;
mod splitting;
mod tasks;
#[cfg(feature = "thumbnail")]
mod thumbnail;
mod token;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_executor::block_on;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use offloop::{Executor, Options};
use offloop_edge::limits::Limits;
use offloop_edge::tasks::TASKS;
use offloop_edge::views;
use serde_json::Value;
use tower::ServiceExt;

/// The edge function with two threads as its lanes.
struct App {
    router: Router,
    pool: Executor,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    bytes: bytes::Bytes,
}

impl App {
    fn new() -> Self {
        Self::with(&[], Options::default().lanes(2))
    }

    fn with(vars: &[(&str, &str)], options: Options) -> Self {
        Self::on(vars, Executor::threads(&TASKS, options))
    }

    fn on(vars: &[(&str, &str)], pool: Executor) -> Self {
        let var = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Self { router: views::router(Limits::from_vars(var).unwrap()), pool }
    }

    async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> axum::response::Response {
        let request = request.extension(self.pool.clone()).body(body.into()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    fn ask(&self, request: http::request::Builder, body: impl Into<Body>) -> Answer {
        block_on(async { Answer::read(self.send(request, body).await).await })
    }

    fn get(&self, uri: &str) -> Answer {
        self.ask(Request::get(uri), Body::empty())
    }

    fn get_as(&self, uri: &str, accept: &str) -> Answer {
        self.ask(Request::get(uri).header("accept", accept), Body::empty())
    }

    fn post_json(&self, uri: &str, body: &str) -> Answer {
        self.ask(Request::post(uri).header("content-type", "application/json"), body.to_owned())
    }

    /// Waits until no job is waiting or running.
    fn wait_until_idle(&self) {
        let start = offloop::now();
        while self.pool.stats().queued + self.pool.stats().running > 0 {
            assert!(offloop::now() - start < Duration::from_secs(10), "still busy: {:?}", self.pool.stats());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Answer {
    async fn read(response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { status: parts.status, headers: parts.headers, text, bytes }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Checks that this is a problem in the form of RFC 9457, and gives it.
    #[track_caller]
    fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["title"], self.status.canonical_reason().unwrap());
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }
}

/// The sum of the squares below `n`, by the formula.
fn formula(n: u64) -> String {
    let n = u128::from(n);
    if n == 0 { "0".to_owned() } else { ((n - 1) * n / 2 * (2 * n - 1) / 3).to_string() }
}
