//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): a computation that says how far it is.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::computation::Computation;
use super::problem::Problem;

/// Where a stream of events is.
enum Next {
    /// Says how far the computation is, before its next step.
    Progress(Box<Computation>),
    Step(Box<Computation>),
    End,
}

/// `progress` events while the computation runs, then one `result` or one `error`, which is a problem as any other answer's. A client
/// that goes away drops the stream, and the computation with it.
pub(super) fn response(computation: Computation) -> Response {
    let events = stream::unfold(Next::Progress(Box::new(computation)), async |next| {
        let (text, next) = match next {
            Next::Progress(computation) => (event("progress", &computation.progress()), Next::Step(computation)),
            Next::Step(mut computation) => match computation.step().await {
                Ok(true) => (event("progress", &computation.progress()), Next::Step(computation)),
                Ok(false) => (event("result", &computation.outcome()), Next::End),
                Err(error) => (event("error", &Problem::from(error)), Next::End),
            },
            Next::End => return None,
        };
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), next))
    });
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    ([kind], Body::from_stream(events)).into_response()
}

/// One event. JSON has no line breaks of its own, so the data is one line.
fn event(name: &str, data: &impl Serialize) -> String {
    format!("event: {name}\ndata: {}\n\n", serde_json::to_string(data).unwrap_or_default())
}
