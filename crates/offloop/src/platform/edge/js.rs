//! The functions of `js/turn.js`, `js/flight.js` and `js/edge.js`.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Request, Response};

#[wasm_bindgen(module = "/js/turn.js")]
extern "C" {
    pub(super) fn turn_soon(turn: &Function, key: f64);
    pub(super) fn settle(promise: &Promise, turn: &Function, key: f64);
    pub(super) fn when_gone(signal: &AbortSignal, turn: &Function, key: f64) -> Function;
}

#[wasm_bindgen(module = "/js/flight.js")]
extern "C" {
    pub(super) type Flight;
    #[wasm_bindgen(constructor)]
    pub(super) fn new(target: &JsValue, origin: f64, frame: &[u8], turn: &Function, key: f64) -> Flight;
    #[wasm_bindgen(static_method_of = Flight)]
    pub(super) fn around(
        target: &JsValue,
        origin: f64,
        frame: &[u8],
        places: Vec<u32>,
        sources: &Array,
        length: f64,
        turn: &Function,
        key: f64,
    ) -> Flight;
    #[wasm_bindgen(method)]
    pub(super) fn next(this: &Flight) -> Promise;
    #[wasm_bindgen(method)]
    pub(super) fn stop(this: &Flight);
    pub(super) fn read(answer: &JsValue, room: &mut [u8]) -> i32;

    #[wasm_bindgen(catch)]
    pub(super) fn stub(namespace: &JsValue, name: &str, hint: Option<&str>) -> Result<JsValue, JsValue>;

    pub(super) fn body_length(request: &Request) -> f64;
}

#[wasm_bindgen(module = "/js/edge.js")]
extern "C" {
    pub(super) type Answer;
    #[wasm_bindgen(constructor)]
    pub(super) fn new() -> Answer;
    #[wasm_bindgen(method)]
    pub(super) fn plain(this: &Answer, frame: &[u8]);
    #[wasm_bindgen(method)]
    pub(super) fn begin(this: &Answer, context: &JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn push(this: &Answer, frames: &[u8]);
    #[wasm_bindgen(method)]
    pub(super) fn end(this: &Answer);
    #[wasm_bindgen(method)]
    pub(super) fn respond(this: &Answer, response: &Response);
    #[wasm_bindgen(method)]
    pub(super) fn lose(this: &Answer, bytes: &[u8], status: u16, content_type: &str);

    #[wasm_bindgen(method)]
    pub(super) fn forget(this: &Answer);
    #[wasm_bindgen(method)]
    pub(super) fn body(this: &Answer, request: &Request, most: usize) -> Promise;
    #[wasm_bindgen(method)]
    pub(super) fn pause(this: &Answer, signal: &AbortSignal) -> Promise;

    pub(super) fn first_turn(turn: &Function, key: f64) -> JsValue;
    pub(super) fn later(request: &Request, turn: &Function, key: f64) -> Answer;
    pub(super) fn refuse(bytes: &[u8], status: u16, content_type: &str);
    pub(super) fn set_epitaph(bytes: &[u8], status: u16, content_type: &str);

    pub(super) fn calls_at_once(request: &Request) -> Option<Vec<u8>>;
    pub(super) fn answer_at_once(frame: &[u8]) -> Response;

    pub(super) fn origin(request: &Request) -> f64;
}
