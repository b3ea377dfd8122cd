// The script of a lane's worker: loads the program that started it, and lets it serve.

import { numbersOf } from './lane.js';

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

// The beginning of a frame, of a version that there never was: so the page takes it for one of another build.
const SKEW = 'OL\0\0';

// Has the glue compared with the page's before the module is given any of its functions: after a deploy, or out of a cache, it may be of another build.
function compare({ build, module }) {
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (wanted, imports) => {
    if (wanted === module) {
      WebAssembly.instantiate = instantiate;
      const here = numbersOf(imports);
      if (!build?.every((number, kind) => !number || !here[kind] || number === here[kind])) throw SKEW;
    }
    return instantiate(wanted, imports);
  };
}

addEventListener(
  'message',
  async ({ data }) => {
    try {
      if (data.build !== undefined) compare(data);
      const program = await load(data);
      // wasm-bindgen's target `web` has to be initialised; with target `bundler` the import has done it.
      if (program.default) await program.default({ module_or_path: data.module });
      program.__offloop_serve(data.shared);
    } catch (error) {
      // Files of two builds: one lacks what another wants from it.
      if (error === SKEW || error instanceof SyntaxError || error instanceof WebAssembly.LinkError) return postMessage(SKEW);
      // What cannot be loaded is a `TypeError`; most else comes of a start function that looks for the page.
      const hint = error instanceof TypeError ? '' : '; a start function runs in lanes, too: see offloop::in_lane';
      postMessage({ cause: error + hint });
    }
  },
  { once: true },
);
