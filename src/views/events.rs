//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): work that says how far it is.
//!
//! `progress` events while it runs, then one `result` or one `problem`. None is named `error`: an `EventSource` would take it for a failure of the
//! connection. A client that goes away drops the stream, and the jobs with it.
//!
//! An `EventSource` connects again whenever a stream ends. So events have ids, and a client that has seen the last one is told to stop. After
//! a stream that broke off the work begins anew: nothing of it is kept.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use http::header::{CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use offloop::wire::Payload;
use offloop::{Entry, Error, Handle, timeout};
use serde::Serialize;

use super::computation::{Computation, Progress};
use super::problem::Problem;

/// The media type.
pub(super) const MIME: &str = "text/event-stream";

/// How long a stream may be silent. The runtime learns that a client has closed its connection only when it writes to it.
const HEARTBEAT: Duration = Duration::from_secs(1);

const COMMENT: &[u8] = b":\n\n";

/// The id of every stream's last event.
const LAST: &str = "end";

/// The answer to an `EventSource` that connects again after the last event; `None` for any other request.
pub(super) fn ended(headers: &HeaderMap) -> Option<Response> {
    headers.get("last-event-id").filter(|id| *id == LAST).map(|_| StatusCode::NO_CONTENT.into_response())
}

/// The events of a computation, which is driven by them.
pub(super) fn of_computation(computation: Computation) -> Response {
    response(computation, |mut computation, begun| async move {
        if !begun {
            return (event("progress", &computation.progress()), Some(computation));
        }
        match computation.step().await {
            Ok(true) => (event("progress", &computation.progress()), Some(computation)),
            Ok(false) => (event("result", &computation.outcome()), None),
            Err(error) => (event("problem", &Problem::from(error)), None),
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
        (result.map_or_else(|error: Error| event("problem", &Problem::from(error)), |json| line("result", &json)), None)
    })
}

/// An answer of what `next` gives until it gives no state to go on with. It is told whether there was an event before.
fn response<S: Send + 'static, F: Future<Output = (String, Option<S>)> + Send + 'static>(
    state: S,
    next: impl Fn(S, bool) -> F + Send + Sync + 'static,
) -> Response {
    let events = stream::unfold((Some(state), 0_u64), move |(state, number)| {
        let event = state.map(|state| next(state, number > 0));
        async move {
            let (text, state) = event?.await;
            let id = if state.is_some() { number.to_string() } else { LAST.to_owned() };
            Some((Bytes::from(format!("id: {id}\n{text}")), (state, number + 1)))
        }
    });
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(MIME)), (VARY, HeaderValue::from_static("accept"))];
    (headers, Body::from_stream(with_heartbeat(events).map(Ok::<_, Infallible>))).into_response()
}

fn with_heartbeat(events: impl Stream<Item = Bytes> + Send + 'static) -> impl Stream<Item = Bytes> + Send {
    stream::unfold(Box::pin(events), |mut events| async move {
        let comment = |_| Some(Bytes::from_static(COMMENT));
        let event = timeout(HEARTBEAT, events.next()).await.unwrap_or_else(comment)?;
        Some((event, events))
    })
}

fn event(name: &str, data: &impl Serialize) -> String {
    line(name, &serde_json::to_string(data).unwrap_or_default())
}

/// One event. JSON has no line breaks of its own, so the data is one line.
fn line(name: &str, json: &str) -> String {
    format!("event: {name}\ndata: {json}\n\n")
}
