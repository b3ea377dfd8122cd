// The script of a lane's worker: loads the program that started it, and lets it serve.

// Tells the program that it runs in a lane; see `offloop::in_lane`.
globalThis.offloopLane = true;

async function load({ glue, name, module }) {
  if (glue !== undefined) return import(/* webpackIgnore: true */ /* @vite-ignore */ glue);
  // The wasm module names the JavaScript that wasm-bindgen made for it. The pattern below is a plain import without a bundler;
  // bundlers find every file that it can mean, so none of them has to be told the name.
  const imports = module === undefined ? [] : WebAssembly.Module.imports(module);
  const known = imports.map((entry) => /([^/]+)_bg\.js$/.exec(entry.module)).find((match) => match !== null);
  return import(/* webpackExclude: /[\\/]snippets[\\/]|_bg\.js$/ */ `../../../${known ? known[1] : name}.js`);
}

addEventListener(
  'message',
  async ({ data }) => {
    try {
      const program = await load(data);
      // wasm-bindgen's target `web` has to be initialised; with target `bundler` the import has done it.
      if (program.default) await program.default({ module_or_path: data.module });
      program.__offloop_serve(data.shared);
    } catch (error) {
      // What cannot be loaded is a `TypeError`; most else comes of a start function that looks for the page.
      const hint = error instanceof TypeError ? '' : '; a start function runs in lanes, too: see offloop::in_lane';
      postMessage({ cause: error + hint });
    }
  },
  { once: true },
);
