//! A JavaScript request in, and a response on its way back to JavaScript, which makes a `Response` with a stream of it.
#![allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]

use std::cell::RefCell;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use js_sys::{Array, Uint8Array};
use offloop::Executor;
use tower_service::Service as _;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use crate::abort::unless_aborted;
use crate::views::Site;

/// A request as JavaScript takes it apart; `headers` holds pairs of name and value.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Array,
    pub(crate) body: Option<Vec<u8>>,
}

impl Asked {
    /// The router's answer, computed by `executor`. Aborting the signal cancels the request's jobs.
    ///
    /// # Errors
    ///
    /// The signal's reason, or what is wrong with the request.
    pub(crate) async fn answer(
        self,
        mut router: Router,
        executor: Executor,
        runtime: &'static str,
        signal: AbortSignal,
    ) -> Result<Answer, JsValue> {
        let site = Site { runtime, colo: None, lanes: None };
        let mut request = Request::builder().method(&*self.method).uri(self.path).extension(executor).extension(site);
        if let Some(map) = request.headers_mut() {
            map.extend(self.headers.iter().filter_map(|pair| header(&pair.into())));
        }
        let request = request.body(self.body.map_or_else(Body::empty, Body::from));
        let request = request.map_err(|error| JsError::new(&error.to_string()))?;
        let response = unless_aborted(Some(signal.clone()), router.call(request)).await?;
        let response = response.unwrap_or_else(|never| match never {});
        Ok(Answer::new(response, signal))
    }
}

fn header(pair: &Array) -> Option<(HeaderName, HeaderValue)> {
    let part = |index| pair.get(index).as_string();
    Some((part(0)?.parse().ok()?, part(1)?.parse().ok()?))
}

/// Status and headers of a response, and its body piece by piece.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Answer {
    parts: Parts,
    /// `None` while a piece is waited for, and after the end.
    body: RefCell<Option<Body>>,
    signal: AbortSignal,
}

impl Answer {
    fn new(response: Response, signal: AbortSignal) -> Self {
        let (parts, body) = response.into_parts();
        Self { parts, body: RefCell::new(Some(body)), signal }
    }
}

#[wasm_bindgen]
impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.parts.status.as_u16()
    }

    /// The headers, as pairs of name and value.
    pub fn headers(&self) -> Array {
        let text = |value: &http::HeaderValue| JsValue::from_str(&String::from_utf8_lossy(value.as_bytes()));
        self.parts.headers.iter().map(|(name, value)| Array::of2(&name.as_str().into(), &text(value))).collect()
    }

    /// The next piece of the body; `undefined` at its end.
    ///
    /// # Errors
    ///
    /// The reason of the signal that the request was given.
    pub async fn next(&self) -> Result<Option<Uint8Array>, JsValue> {
        let Some(mut body) = self.body.take() else { return Ok(None) };
        loop {
            let Some(frame) = unless_aborted(Some(self.signal.clone()), body.frame()).await? else { return Ok(None) };
            let frame = frame.map_err(|error| JsError::new(&error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                self.body.replace(Some(body));
                return Ok(Some(Uint8Array::from(&*data)));
            }
            // Trailers: a service worker cannot pass them on.
        }
    }

    /// Nobody reads any further: jobs that the rest depends on are cancelled.
    pub fn close(&self) {
        drop(self.body.take());
    }
}
