//! Requests and responses, from the runtime's types to the router's and back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::once;
use http_body_util::BodyExt;
use offloop::edge::{self, Gone};
use tower_service::Service;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortSignal, Request, Response, ResponseInit};
use worker::js_sys::{Promise, Uint8Array};
use worker::send::SendFuture;
use worker::worker_sys::web_sys;

use super::isolate::Gateway;
use crate::views::UnreadBody;

#[wasm_bindgen(module = "/src/edge/convert.js")]
extern "C" {
    fn head(request: &Request) -> String;
    fn drain(request: &Request) -> Promise;
    #[wasm_bindgen(catch)]
    fn whole(status: u16, head: &str, body: &[u8], number: i32) -> Result<Response, JsValue>;
    #[wasm_bindgen(catch)]
    fn again(number: i32) -> Result<Response, JsValue>;

    type Streamed;
    #[wasm_bindgen(constructor, catch)]
    fn new(status: u16, head: &str, context: &JsValue) -> Result<Streamed, JsValue>;
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
        Err(error) => failed(&error),
    }
}

async fn try_answer(gateway: &Gateway, request: Request, context: JsValue) -> Result<Response, String> {
    let mut converted = read(&request).map_err(|error| error.to_string())?;
    if converted.uri().path() == "/probe" {
        converted.extensions_mut().insert(gateway.site(&request));
    }
    converted.extensions_mut().insert(gateway.pool.clone());
    let has_body = !converted.method().is_safe();
    if has_body
        && gateway.has_lanes()
        && let Some(body) = edge::body(&request)
    {
        converted.extensions_mut().insert(UnreadBody(body));
    }
    let Ok(response) = gateway.router.clone().call(converted).await;
    let (parts, body) = response.into_parts();
    if has_body {
        // If the client breaks off there is nobody to answer anyway.
        let _ = JsFuture::from(drain(&request)).await;
    }
    if body.size_hint().exact().is_some() {
        let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        return known(parts.status.as_u16(), &lines(&parts), &bytes).map_err(|error| format!("{error:?}"));
    }
    let streamed =
        Streamed::new(parts.status.as_u16(), &lines(&parts), &context).map_err(|error| format!("{error:?}"))?;
    let response = streamed.response();
    spawn_local(pour(body, streamed, request.signal()));
    Ok(response)
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

/// Writes the body to the client. If the client goes away the body is dropped at once, and with it the jobs behind it.
async fn pour(body: Body, streamed: Streamed, signal: AbortSignal) {
    let written = {
        let gone = select(Gone::new(signal), JsFuture::from(streamed.closed()));
        let pour = pin!(async {
            let mut parts = body.into_data_stream();
            while let Some(Ok(part)) = parts.next().await {
                if !JsFuture::from(streamed.write(&part)).await.is_ok_and(|written| written.is_truthy()) {
                    break;
                }
            }
        });
        matches!(select(gone, pour).await, Either::Right(_))
    };
    if written { streamed.end() } else { streamed.stop() }
}

fn read(request: &Request) -> Result<http::Request<Body>, http::Error> {
    let head = head(request);
    let mut lines = head.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let mut builder = http::Request::builder().method(line()).uri(line());
    while let Some((name, value)) = lines.next().zip(lines.next()) {
        builder = builder.header(name, value);
    }
    let safe = builder.method_ref().is_some_and(http::Method::is_safe);
    builder.body(if safe { Body::empty() } else { body(request) })
}

fn body(request: &Request) -> Body {
    let Some(stream) = request.body() else { return Body::empty() };
    // A view has compared the length with its limit before it reads. Then the runtime puts the body together, not wasm: chunk by chunk, a
    // picture would take many turns of everybody's event loop.
    if request.headers().has("content-length").unwrap_or(false) {
        let request = Clone::clone(request);
        return Body::from_stream(once(SendFuture::new(async move { whole_body(&request).await })));
    }
    Body::new(worker::Body::new(stream))
}

async fn whole_body(request: &Request) -> Result<Bytes, String> {
    let reading = request.array_buffer().map_err(|error| format!("{error:?}"))?;
    let buffer = JsFuture::from(reading).await.map_err(|error| format!("{error:?}"))?;
    Ok(Uint8Array::new(&buffer).to_vec().into())
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

fn failed(error: &str) -> Response {
    let init = ResponseInit::new();
    init.set_status(500);
    Response::new_with_opt_str_and_init(Some(error), &init).unwrap_or_else(|_| Response::error())
}
