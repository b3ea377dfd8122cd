//! Requests and responses, from the runtime's types to the router's and back.

use std::rc::Rc;

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use offloop::edge::Gone;
use tower_service::Service;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, Request, Response, ResponseInit};
use worker::js_sys::{Array, Uint8Array};
use worker::{FromRequest, HttpRequest, IntoResponse, worker_sys::web_sys};

use super::isolate::Gateway;

/// Answers a request with the views.
pub(super) async fn answer(gateway: Rc<Gateway>, request: Request, signal: AbortSignal) -> Response {
    match try_answer(&gateway, request, signal).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn try_answer(gateway: &Gateway, request: Request, signal: AbortSignal) -> Result<Response, String> {
    let executor = gateway.executor();
    let site = request.url().contains("/probe").then(|| gateway.site(&request));
    let request = HttpRequest::from_raw(request).map_err(text)?;
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(executor);
    if let Some(site) = site {
        request.extensions_mut().insert(site);
    }
    let Ok(response) = gateway.router.clone().call(request).await;
    let (parts, body) = response.into_parts();
    if body.size_hint().exact().is_some() {
        let bytes = body.collect().await.map_err(text)?.to_bytes();
        return plain(&parts, &bytes).map_err(|error| format!("{error:?}"));
    }
    // A client that goes away ends the stream, and with it the jobs behind it.
    let body = Body::from_stream(body.into_data_stream().take_until(Gone::new(signal)));
    http::Response::from_parts(parts, body).into_raw().map_err(text)
}

/// A response in one piece, which the runtime sends at less cost than a stream.
fn plain(parts: &http::response::Parts, bytes: &[u8]) -> Result<Response, JsValue> {
    let pairs: Array = parts
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some(Array::of2(&JsValue::from_str(name.as_str()), &JsValue::from_str(value)))
        })
        .collect();
    let init = ResponseInit::new();
    init.set_status(parts.status.as_u16());
    init.set_headers(&pairs);
    let bytes = Uint8Array::from(bytes);
    // A status like 204 allows no body, not even an empty one.
    let body = (bytes.length() > 0).then_some(&bytes);
    Response::new_with_opt_js_u8_array_and_init(body, &init)
}

fn failed(error: &str) -> Response {
    let init = ResponseInit::new();
    init.set_status(500);
    Response::new_with_opt_str_and_init(Some(error), &init).unwrap_or_else(|_| Response::error())
}

fn text(error: impl Into<Box<dyn std::error::Error>>) -> String {
    error.into().to_string()
}
