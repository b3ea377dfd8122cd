// What the scripts install beside npm's packages. The versions move together with Cargo.toml and package.json.
export const NODE = [20, 10];
export const RUST = [1, 91];

// 0.2.130's command line does not install with --locked.
export const CARGO_TOOLS = {
  'wasm-bindgen-cli': { version: '0.2.129', bins: ['wasm-bindgen', 'wasm-bindgen-test-runner'] },
  'worker-build': { version: '0.8.7', bins: ['worker-build'] },
  'wasm-pack': { version: '0.15.1', bins: ['wasm-pack'] },
  geckodriver: { version: '0.37.1', bins: ['geckodriver'] },
};
