//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): work that says how far it is.
//!
//! `progress` events while it runs, then one `result` or one `error`, which is a problem as any other answer's. A client
//! that goes away drops the stream, and the jobs with it.

use std::convert::Infallible;
use std::future::Future;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, VARY};
use offloop::wire::Payload;
use offloop::{Entry, Error, Handle};
use serde::Serialize;

use super::computation::{Computation, Progress};
use super::problem::Problem;

/// The media type.
pub(super) const MIME: &str = "text/event-stream";

/// The events of a computation, which is driven by them.
pub(super) fn of_computation(computation: Computation) -> Response {
    response(computation, |mut computation, begun| async move {
        if !begun {
            return (event("progress", &computation.progress()), Some(computation));
        }
        match computation.step().await {
            Ok(true) => (event("progress", &computation.progress()), Some(computation)),
            Ok(false) => (event("result", &computation.outcome()), None),
            Err(error) => (event("error", &Problem::from(error)), None),
        }
    })
}

/// The events of one job: its task's reports, of which a slow reader misses those in between, and its result in JSON.
pub(super) fn of_job(handle: Handle<Payload>, entry: &'static Entry) -> Response {
    let reports = handle.progress_stream();
    response((handle, reports), move |(handle, mut reports), _| async move {
        if let Some((done, total)) = reports.next().await {
            return (event("progress", &Progress { done, total }), Some((handle, reports)));
        }
        let result = match handle.await {
            Ok(output) => entry.output_to_json(output),
            Err(error) => Err(error),
        };
        (result.map_or_else(|error: Error| event("error", &Problem::from(error)), |json| line("result", &json)), None)
    })
}

/// An answer of what `next` gives until it gives no state to go on with. It is told whether there was an event before.
fn response<S: Send + 'static, F: Future<Output = (String, Option<S>)> + Send + 'static>(
    state: S,
    next: impl Fn(S, bool) -> F + Send + Sync + 'static,
) -> Response {
    let events = stream::unfold((Some(state), false), move |(state, begun)| {
        let event = state.map(|state| next(state, begun));
        async move {
            let (text, state) = event?.await;
            Some((Ok::<_, Infallible>(Bytes::from(text)), (state, true)))
        }
    });
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(MIME)), (VARY, HeaderValue::from_static("accept"))];
    (headers, Body::from_stream(events)).into_response()
}

fn event(name: &str, data: &impl Serialize) -> String {
    line(name, &serde_json::to_string(data).unwrap_or_default())
}

/// One event. JSON has no line breaks of its own, so the data is one line.
fn line(name: &str, json: &str) -> String {
    format!("event: {name}\ndata: {json}\n\n")
}
