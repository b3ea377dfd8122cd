//! Requests and responses, from the runtime's types to the router's and back.

use std::rc::Rc;

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use offloop::edge::Gone;
use tower_service::Service;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Request, Response, ResponseInit};
use worker::{IntoResponse, worker_sys::web_sys};

use super::isolate::Gateway;

#[wasm_bindgen(module = "/src/edge/convert.js")]
extern "C" {
    fn head(request: &Request) -> String;
    #[wasm_bindgen(catch)]
    fn whole(status: u16, head: &str, body: &[u8]) -> Result<Response, JsValue>;
}

/// Answers a request with the views.
pub(super) async fn answer(gateway: Rc<Gateway>, request: Request, signal: AbortSignal) -> Response {
    match try_answer(&gateway, request, signal).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn try_answer(gateway: &Gateway, request: Request, signal: AbortSignal) -> Result<Response, String> {
    let mut converted = read(&request).map_err(|error| error.to_string())?;
    if converted.uri().path() == "/probe" {
        converted.extensions_mut().insert(gateway.site(&request));
    }
    converted.extensions_mut().insert(gateway.executor());
    let Ok(response) = gateway.router.clone().call(converted).await;
    let (parts, body) = response.into_parts();
    if body.size_hint().exact().is_some() {
        let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        return whole(parts.status.as_u16(), &lines(&parts), &bytes).map_err(|error| format!("{error:?}"));
    }
    // A client that goes away ends the stream, and with it the jobs behind it.
    let body = Body::from_stream(body.into_data_stream().take_until(Gone::new(signal)));
    http::Response::from_parts(parts, body).into_raw().map_err(|error| error.into().to_string())
}

fn read(request: &Request) -> Result<http::Request<Body>, http::Error> {
    let head = head(request);
    let mut lines = head.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let mut builder = http::Request::builder().method(line()).uri(line());
    while let Some((name, value)) = lines.next().zip(lines.next()) {
        builder = builder.header(name, value);
    }
    builder.body(request.body().map_or_else(Body::empty, |body| Body::new(worker::Body::new(body))))
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
