# The wasm module and its JavaScript. `__wbg_reset_state` is what starts a new instance after a panic.
set -e
cargo build --release --target wasm32-unknown-unknown
wasm-bindgen "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release/hello_edge.wasm" \
  --target web --experimental-reset-state-function --no-typescript --out-name index --out-dir build
