//! Requests and responses, from the runtime's types to the router's and back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use http::StatusCode;
use http_body_util::BodyExt;
use offloop::edge::Gone;
use offloop::{Instant, now, sleep};
use tower_service::Service;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortSignal, Request, Response};
use worker::js_sys::Promise;
use worker::worker_sys::web_sys;

use super::isolate::Gateway;
use super::upload::Upload;
use crate::views::{self, Deadline, UnreadBody};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn log(what: &JsValue);
}

#[wasm_bindgen(module = "/src/edge/convert.js")]
extern "C" {
    fn head(request: &Request) -> String;
    #[wasm_bindgen(catch)]
    fn whole(status: u16, head: &str, body: &[u8], number: i32) -> Result<Response, JsValue>;
    #[wasm_bindgen(catch)]
    fn again(number: i32) -> Result<Response, JsValue>;

    type Streamed;
    #[wasm_bindgen(constructor, catch)]
    fn new(
        status: u16,
        head: &str,
        context: &JsValue,
        length: Option<f64>,
        upload: Option<&Upload>,
    ) -> Result<Streamed, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn response(this: &Streamed) -> Response;
    #[wasm_bindgen(method)]
    fn write(this: &Streamed, bytes: &[u8]) -> Promise;
    #[wasm_bindgen(method)]
    fn end(this: &Streamed);
    #[wasm_bindgen(method)]
    fn stop(this: &Streamed);
    #[wasm_bindgen(method)]
    fn closed(this: &Streamed) -> Promise;
}

/// Bodies up to this are given to the runtime as a whole: its sockets take that much from it, however slowly the client reads. Longer ones are
/// written until the deadline.
const AT_ONCE: u64 = 16 * 1024;

/// How long after the deadline a stream may still say that its time is over.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The longest body of answers that are kept to be given again.
const SHORT: usize = 64;

const MOST_KEPT: usize = 100;

thread_local! {
    /// Status, headers and body of answers that JavaScript has kept, with their numbers.
    static KEPT: RefCell<HashMap<Vec<u8>, i32>> = RefCell::default();
}

/// Answers a request with the views.
pub(super) async fn answer(gateway: Rc<Gateway>, request: Request, context: JsValue) -> Response {
    match try_answer(&gateway, request, context).await {
        Ok(response) => response,
        Err(thrown) => {
            // In the runtime's words, which are for whoever runs this and not for the client.
            log(&thrown);
            at_once(views::unsendable()).await.unwrap_or_else(|_| Response::error())
        }
    }
}

async fn try_answer(gateway: &Gateway, request: Request, context: JsValue) -> Result<Response, JsValue> {
    let (mut converted, upload) = match read(&request) {
        Ok(read) => read,
        Err(error) => {
            return at_once(views::unreadable(format!("the request is malformed: {error}"))).await;
        }
    };
    if converted.uri().path() == "/probe" {
        converted.extensions_mut().insert(gateway.site(&request));
    }
    converted.extensions_mut().insert(gateway.pool.clone());
    let deadline = Deadline::default();
    converted.extensions_mut().insert(deadline.clone());
    if let Some(upload) = &upload
        && gateway.has_lanes()
        && let Some(body) = upload.unread()
    {
        converted.extensions_mut().insert(UnreadBody(body));
    }
    let Ok(mut response) = gateway.router.clone().call(converted).await;
    let mut sending = None;
    if let Some(upload) = upload.filter(|upload| !upload.ended()) {
        let must_drain = upload.must_drain().await;
        // A lane that waits for a body gives up at the deadline, too. Then it is the client who was late.
        if response.status() == StatusCode::GATEWAY_TIMEOUT && !upload.ended() {
            response = views::request_timeout();
        }
        sending = must_drain.then_some(upload);
    }
    let length = response.body().size_hint().exact();
    if length.is_some_and(|length| length == 0 || length <= AT_ONCE && sending.is_none()) {
        return at_once(response).await;
    }
    let (parts, body) = response.into_parts();
    #[allow(clippy::cast_precision_loss, reason = "no body has 2^53 bytes")]
    let length = length.map(|length| length as f64);
    let streamed = Streamed::new(parts.status.as_u16(), &lines(&parts), &context, length, sending.as_ref())?;
    let response = streamed.response();
    let deadline = deadline.get().unwrap_or_else(|| now() + gateway.timeout);
    spawn_local(pour(body, streamed, request.signal(), deadline));
    Ok(response)
}

/// An answer that the runtime is given as a whole.
async fn at_once(response: axum::response::Response) -> Result<Response, JsValue> {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| JsValue::from_str(&error.to_string()))?.to_bytes();
    known(parts.status.as_u16(), &lines(&parts), &bytes)
}

/// A response, which JavaScript keeps to give it again if it is a short one.
fn known(status: u16, head: &str, body: &[u8]) -> Result<Response, JsValue> {
    if body.len() > SHORT {
        return whole(status, head, body, -1);
    }
    // No header has an empty name, so the empty line ends them.
    let answer = [&status.to_be_bytes(), head.as_bytes(), b"\n", body].concat();
    if let Some(number) = KEPT.with_borrow(|kept| kept.get(&answer).copied()) {
        return again(number);
    }
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let number = i32::try_from(kept.len()).unwrap_or(-1);
        let response = whole(status, head, body, number)?;
        kept.insert(answer, number);
        Ok(response)
    })
}

/// Writes the body to the client. When the client goes away, or has not read it all by the deadline, the body is dropped, and with it the
/// jobs behind it.
async fn pour(body: Body, streamed: Streamed, signal: AbortSignal, deadline: Instant) {
    let written = {
        let gone = select(Gone::new(signal), JsFuture::from(streamed.closed()));
        let late = sleep(deadline + LAST_WORDS - now());
        let pour = pin!(async {
            let mut parts = body.into_data_stream();
            while let Some(Ok(part)) = parts.next().await {
                let written = JsFuture::from(streamed.write(&part));
                // JavaScript has a copy.
                drop(part);
                if !written.await.is_ok_and(|written| written.is_truthy()) {
                    break;
                }
            }
        });
        matches!(select(select(gone, late), pour).await, Either::Right(_))
    };
    if written { streamed.end() } else { streamed.stop() }
}

fn read(request: &Request) -> Result<(http::Request<Body>, Option<Upload>), http::Error> {
    let head = head(request);
    let mut lines = head.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let mut builder = http::Request::builder().method(line()).uri(line());
    let upload = (!line().is_empty()).then(|| Upload::new(request));
    while let Some((name, value)) = lines.next().zip(lines.next()) {
        builder = builder.header(name, value);
    }
    // A GET may have a body, which means nothing: <https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1>.
    let wanted = upload.clone().filter(|_| !builder.method_ref().is_some_and(http::Method::is_safe));
    Ok((builder.body(wanted.map_or_else(Body::empty, Upload::into_body))?, upload))
}

fn lines(parts: &http::response::Parts) -> String {
    let mut lines = String::with_capacity(128);
    for (name, value) in &parts.headers {
        // Not one of the views' headers has other characters.
        if let Ok(value) = value.to_str() {
            for part in [name.as_str(), "\n", value, "\n"] {
                lines.push_str(part);
            }
        }
    }
    lines
}
