//! How many bytes requests make this isolate and its lanes hold, counted before they are there.
//!
//! ```text
//! request ─▶ account ─▶ a view reserves what a body or a result will take, or the answer is 503
//!               └── settled when the size is known, closed when the response has been read or nobody wants it any more
//! ```
//!
//! Each kind of thing has a share of its own, so that clients who send slowly keep out their like only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::BodyExt;
use serde::Serialize;

use super::Shared;
use super::problem::Problem;
use crate::limits::Limits;

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Requests, counted and not weighed.
    Request,
    /// A short body.
    Body,
    /// A body that is longer, or of which nobody has said how long it is.
    Upload,
    /// A result, until its caller has read it.
    Result,
    /// A body that goes on to a lane.
    Lane,
}

const KINDS: [Kind; 5] = [Kind::Request, Kind::Body, Kind::Upload, Kind::Result, Kind::Lane];

/// What a request with a body takes beside it: a stream and its buffer.
const STREAM: usize = 16 << 10;

/// The longest body that is a short one.
const SHORT_BODY: usize = 64 << 10;

/// Bodies that a lane may have at a time. Of its 128 MB a picture takes up to 112 while it is made smaller.
const LANE: usize = 12 << 20;

/// Responses that are longer are counted until they have been read.
const SHORT: u64 = 64 << 10;

/// Bytes held by all requests.
#[derive(Debug)]
pub(super) struct Memory {
    most: [usize; KINDS.len()],
    used: [AtomicUsize; KINDS.len()],
}

/// The figures for `GET /stats`.
#[derive(Serialize)]
pub(super) struct Held {
    requests: usize,
    bodies: usize,
    uploads: usize,
    results: usize,
    at_lanes: usize,
}

impl Memory {
    pub(super) fn new(limits: &Limits, lanes: usize) -> Self {
        let share = limits.memory_max / 4;
        let most = [limits.requests_max, share, share, 2 * share, LANE.saturating_mul(lanes.max(1))];
        Self { most, used: Default::default() }
    }

    pub(super) fn held(&self) -> Held {
        let [requests, bodies, uploads, results, at_lanes] = self.used.each_ref().map(|used| used.load(Relaxed));
        Held { requests, bodies, uploads, results, at_lanes }
    }

    /// Whether there was room. What is more than all there is has room alone.
    fn take(&self, kind: Kind, bytes: usize) -> bool {
        let (used, most) = (&self.used[kind as usize], self.most[kind as usize]);
        let fits = |used: usize| used == 0 || used.saturating_add(bytes) <= most;
        used.fetch_update(Relaxed, Relaxed, |used| fits(used).then(|| used + bytes)).is_ok()
    }
}

/// What one request holds; a request extension. Closed when its last clone is dropped.
#[derive(Debug, Clone)]
pub(super) struct Account(Arc<Entries>);

#[derive(Debug)]
struct Entries {
    shared: Arc<Shared>,
    bytes: [AtomicUsize; KINDS.len()],
}

impl Account {
    /// The account of a request.
    pub(super) fn of(parts: &Parts) -> Result<Self, Problem> {
        let account = parts.extensions.get::<Self>().cloned();
        account.ok_or_else(|| Problem::internal("the request has no account".to_owned()))
    }

    fn open(shared: Arc<Shared>, request: &Request) -> Result<Self, Problem> {
        let account = Self(Arc::new(Entries { shared, bytes: Default::default() }));
        account.reserve(Kind::Request, 1)?;
        if !request.method().is_safe() {
            let length = length(request.headers()).filter(|length| *length <= SHORT_BODY);
            account.reserve(Kind::Body, STREAM + length.unwrap_or(0))?;
        }
        Ok(account)
    }

    /// Counts so many bytes more.
    ///
    /// # Errors
    ///
    /// There is no room for them now.
    pub(super) fn reserve(&self, kind: Kind, bytes: usize) -> Result<(), Problem> {
        if !self.0.shared.memory.take(kind, bytes) {
            let what = match kind {
                Kind::Request => "requests",
                Kind::Body | Kind::Upload | Kind::Lane => "bodies",
                Kind::Result => "results",
            };
            return Err(Problem::busy(format!("there is no room for more {what} now, try again later"), 1));
        }
        self.0.bytes[kind as usize].fetch_add(bytes, Relaxed);
        Ok(())
    }

    /// Counts a body that is about to be read: twice its length, since what is made of it is there before it is gone. One that is too long is
    /// not read.
    pub(super) fn expect(&self, headers: &HeaderMap, most: usize) -> Result<(), Problem> {
        match length(headers).unwrap_or(most) {
            length if length > SHORT_BODY && length <= most => self.reserve(Kind::Upload, 2 * length),
            _ => Ok(()),
        }
    }

    /// The body has been read, and so much was made of it.
    pub(super) fn read(&self, bytes: usize) {
        self.settle(Kind::Body, bytes.min(STREAM));
        self.settle(Kind::Upload, bytes);
    }

    /// The result is here, and has so many bytes.
    ///
    /// # Errors
    ///
    /// They are too many.
    pub(super) fn result(&self, bytes: usize, most: usize) -> Result<(), Problem> {
        if bytes > most {
            let detail = format!("the result has {bytes} bytes, it may have at most {most}: ask for less");
            return Err(Problem::unfit(detail));
        }
        self.settle(Kind::Result, bytes);
        Ok(())
    }

    /// There are that many bytes now.
    fn settle(&self, kind: Kind, bytes: usize) {
        let before = self.0.bytes[kind as usize].swap(bytes, Relaxed);
        let used = &self.0.shared.memory.used[kind as usize];
        used.fetch_add(bytes, Relaxed);
        used.fetch_sub(before, Relaxed);
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        for kind in KINDS {
            self.shared.memory.used[kind as usize].fetch_sub(self.bytes[kind as usize].load(Relaxed), Relaxed);
        }
    }
}

/// Opens an account for each request, and keeps it for as long as its answer is read. Those that hold nothing and must always be answered
/// have none.
pub(super) async fn account(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/ping" | "/stats") {
        return next.run(request).await;
    }
    let account = match Account::open(shared, &request) {
        Ok(account) => account,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(account.clone());
    let response = next.run(request).await;
    let length = response.body().size_hint().exact();
    // A stream goes on with its job. In all other answers the job is over, and with it what it was given.
    if let Some(length) = length {
        for kind in [Kind::Body, Kind::Upload, Kind::Lane] {
            account.settle(kind, 0);
        }
        if length <= SHORT {
            return response;
        }
    }
    keep(response, account)
}

/// Keeps something for as long as the response's body.
pub(super) fn keep(response: Response, kept: impl Send + Sync + 'static) -> Response {
    response.map(|body| {
        Body::new(body.map_err(move |error| {
            let _ = &kept;
            error
        }))
    })
}

/// How long the body is said to be.
pub(super) fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
