// What the scripts install beside npm's packages. The versions move together with Cargo.toml and package.json.
export const NODE = [20, 10];
export const RUST = [1, 91];

// 0.2.130's command line does not install with --locked. `optimise` is the optimisation level: only wasm-bindgen has work that takes
// time, the others start programs and wait, so that being quick to compile is all that counts.
export const CARGO_TOOLS = {
  'wasm-bindgen-cli': { version: '0.2.129', optimise: 1, bins: ['wasm-bindgen', 'wasm-bindgen-test-runner'] },
  'wasm-pack': { version: '0.15.1', optimise: 0, bins: ['wasm-pack'] },
  geckodriver: { version: '0.37.1', optimise: 0, bins: ['geckodriver'] },
};

export function atLeast(found, wanted) {
  const have = found.split(/[.-]/).map(Number);
  return have[0] > wanted[0] || (have[0] === wanted[0] && have[1] >= wanted[1]);
}

// What to tell a user whose Node.js is too old, or null.
export function outdatedNode(found = process.versions.node) {
  if (atLeast(found, NODE)) return null;
  return `node ${NODE.join('.')} or newer is needed, this is ${found}. Install a newer Node.js and try again.`;
}
