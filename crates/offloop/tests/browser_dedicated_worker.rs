//! Web Worker lanes, used from a dedicated worker: workers within a worker.
#![allow(clippy::unwrap_used)]
#![cfg(all(target_arch = "wasm32", feature = "browser"))]

mod browser;
mod memory;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
