//! The body of a request, which may be wanted by a view, by a lane, or by nobody.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use offloop::{Blob, edge};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;
use worker::js_sys::{Promise, Uint8Array};
use worker::send::{SendFuture, SendWrapper};
use worker::worker_sys::web_sys;

#[wasm_bindgen(module = "/src/edge/upload.js")]
extern "C" {
    #[derive(Clone)]
    pub(super) type Upload;
    #[wasm_bindgen(constructor)]
    pub(super) fn new(request: &Request) -> Upload;
    /// Whether there is nothing more to come.
    #[wasm_bindgen(method, getter)]
    pub(super) fn ended(this: &Upload) -> bool;
    #[wasm_bindgen(method)]
    fn next(this: &Upload) -> Promise;
    #[wasm_bindgen(method)]
    fn settle(this: &Upload) -> Promise;
}

impl Upload {
    /// For a view that reads it.
    pub(super) fn into_body(self) -> Body {
        Body::from_stream(unfold(SendWrapper(self), |upload| {
            SendFuture::new(async move {
                match JsFuture::from(upload.next()).await {
                    Ok(part) => part.dyn_ref().map(Uint8Array::to_vec).map(|part| (Ok(Bytes::from(part)), upload)),
                    Err(_) => Some((Err("it broke off"), upload)),
                }
            })
        }))
    }

    /// For a view that has a lane read it; `None` if its length is not known.
    pub(super) fn unread(&self) -> Option<Blob> {
        // It is a request as far as the library is concerned.
        edge::body(self.unchecked_ref())
    }

    /// For nobody. Whether to read on while the answer is sent.
    pub(super) async fn must_drain(&self) -> bool {
        JsFuture::from(self.settle()).await.is_ok_and(|must_drain| must_drain.is_truthy())
    }
}
