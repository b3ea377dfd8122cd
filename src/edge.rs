//! The Cloudflare entry: the fetch event and the lane object.
//!
//! ```text
//! ROLE=gateway   client → fetch → views → executor ─┬─▶ LANE_0, LANE_1 …   service bindings: lanes in other processes
//!                                                   ├─▶ LANE               Durable Objects: lanes in other isolates
//!                                                   └─▶ inline             neither is bound
//! ROLE=lane      gateway → fetch → tasks
//! ```
//!
//! Lanes are reached through bindings only: the gateway's `fetch` never reads calls, and a worker with `ROLE=lane` must have no public address.

mod convert;
mod isolate;
mod upload;

use offloop::{Error, edge};
use serde_json::json;
use wasm_bindgen::prelude::*;
use web_sys::Request;
use worker::{Env, worker_sys::web_sys};

use crate::tasks::TASKS;
use isolate::{Isolate, Role};

/// The fetch event, called by `edge/main.js`.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports what is public")]
pub fn fetch(request: Request, env: Env, context: JsValue) -> JsValue {
    let isolate = Isolate::of(&env, &request);
    match &isolate.role {
        Role::Lane => edge::serve(&TASKS, request, context),
        Role::Gateway(gateway) => {
            let handler = convert::answer(gateway.clone(), Clone::clone(&request), context);
            edge::respond(&request, handler, broken)
        }
    }
}

/// The fetch of a lane object, called by `edge/main.js`.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports what is public")]
pub fn lane(request: Request) -> JsValue {
    edge::serve(&TASKS, request, JsValue::UNDEFINED)
}

/// What a client is told whose request was lost because this wasm instance ended.
fn broken(error: Error) -> (u16, &'static str, String) {
    let (status, title) = match &error {
        Error::Failed { .. } => (500, "Internal Server Error"),
        _ => (502, "Bad Gateway"),
    };
    let mut problem = json!({ "type": "about:blank", "title": title, "status": status, "detail": error.to_string(), "kind": error.kind() });
    if let Error::Lost { reason, .. } = error {
        problem["reason"] = reason.name().into();
    }
    (status, "application/problem+json", problem.to_string())
}
