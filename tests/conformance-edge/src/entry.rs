//! What `src/edge/main.js` calls.

use offloop::{Error, edge};
use serde_json::json;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response, ResponseInit};

use crate::lanes;
use crate::tasks::{TASKS, fail};

/// The fetch event: of the gateway, or of a lane in another process.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports what is public")]
pub fn fetch(request: Request, env: JsValue, context: JsValue) -> JsValue {
    if lanes::is_lane(&env) {
        return serve(request, context);
    }
    lanes::set(&env);
    let url = request.url();
    let path = url.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    edge::respond(&request, async move { answer(&path).await }, |error| match error {
        Error::Failed { message } => (500, "text/plain", message),
        other => (502, "text/plain", other.to_string()),
    })
}

/// The fetch of a lane object: answers an executor, or says what its tasks did.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports what is public")]
pub fn lane(request: Request) -> JsValue {
    serve(request, JsValue::UNDEFINED)
}

fn serve(request: Request, context: JsValue) -> JsValue {
    match lanes::Question::in_url(&request.url()) {
        Some(question) => response(200, &question.answer()).into(),
        None => edge::serve(&TASKS, request, context),
    }
}

async fn answer(path: &str) -> Response {
    if path == "panic" {
        // Nothing that anybody waits for has a deadline.
        let result = lanes::platform().pool(1).run(fail, "in a lane".to_owned()).await;
        return response(200, &format!("{result:?}"));
    }
    let Some(name) = path.strip_prefix("promises") else { return response(404, "not a promise") };
    let abilities = lanes::platform().abilities;
    if name.is_empty() {
        let all = crate::promises()
            .map(|promise| json!({ "group": promise.group(), "name": promise.name, "instead": promise.is_instead(abilities) }));
        return response(200, &json!(all.collect::<Vec<_>>()).to_string());
    }
    let found = crate::promises().find(|promise| name == format!("/{}/{}", promise.group(), promise.name));
    let Some(promise) = found else { return response(404, "nobody promised this") };
    (promise.keep)(promise.is_instead(abilities)).await;
    response(200, "kept")
}

fn response(status: u16, text: &str) -> Response {
    let init = ResponseInit::new();
    init.set_status(status);
    Response::new_with_opt_str_and_init(Some(text), &init).unwrap()
}
