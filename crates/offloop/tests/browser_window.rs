//! Web Worker lanes, used from a page.
#![allow(clippy::unwrap_used)]
#![cfg(all(target_arch = "wasm32", feature = "browser"))]

mod browser;
mod endurance;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
