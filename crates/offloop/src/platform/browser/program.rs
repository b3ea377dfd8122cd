//! What the running program knows of itself and of the scope it runs in.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Navigator;
    #[wasm_bindgen(method, getter, js_name = hardwareConcurrency)]
    fn hardware_concurrency(this: &Navigator) -> Option<f64>;
    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Option<Navigator>;

    #[wasm_bindgen(thread_local_v2, js_name = Worker)]
    static WORKER: Option<JsValue>;

    // Set by js/worker.js.
    #[wasm_bindgen(thread_local_v2, js_name = offloopLane)]
    static LANE: Option<bool>;

    // The variable in which the glue of wasm-bindgen's target `web` keeps the compiled module; the glue reads it as
    // `typeof wasmModule === 'undefined' ? null : wasmModule`. `wasm_bindgen::module()` is the same, but with it the
    // command line tool refuses to make anything for target `bundler`.
    #[wasm_bindgen(thread_local_v2, js_name = wasmModule)]
    static MODULE: Option<JsValue>;

    // The function in that glue which makes what the module imports; the glue has it in the same way.
    #[wasm_bindgen(thread_local_v2, js_name = __wbg_get_imports)]
    static IMPORTS: Option<JsValue>;
}

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    #[wasm_bindgen(js_name = numbersOfGlue)]
    fn numbers_of_glue(imports: &JsValue, module: &JsValue) -> JsValue;
}

/// The compiled module of this program; `undefined` if the glue keeps none, as with target `bundler`. Each worker then loads
/// its own.
pub(super) fn module() -> JsValue {
    MODULE.with(|module| module.clone().unwrap_or(JsValue::UNDEFINED))
}

/// Tells the glue of this program from that of another build, which must not be given the same module. `undefined` if that cannot be told, as
/// with target `bundler`; `null` if the module is of another build than this glue: then no worker takes it.
pub(super) fn glue() -> JsValue {
    let numbers = |imports: &Option<JsValue>| imports.as_ref().map(|imports| numbers_of_glue(imports, &module()));
    IMPORTS.with(numbers).unwrap_or(JsValue::UNDEFINED)
}

/// Whether this scope can start workers. A service worker cannot.
pub(super) fn has_workers() -> bool {
    WORKER.with(Option::is_some)
}

/// How many processors the browser tells of; the same in a page and in a worker.
pub(crate) fn parallelism() -> usize {
    let count = NAVIGATOR.with(|navigator| navigator.as_ref().and_then(Navigator::hardware_concurrency));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and counts are small")]
    count.map_or(1, |count| (count as usize).max(1))
}

/// Whether js/worker.js loaded this instance.
pub(crate) fn in_lane() -> bool {
    LANE.with(|lane| *lane == Some(true))
}
