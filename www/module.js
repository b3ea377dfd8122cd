// Starts a wasm module. A server that is being updated, or a cache, may hand out the files of two builds together: nothing of such a mix is used.

import { MODULE } from './pkg/build.js';

export class Skew extends Error {
  name = 'Skew';
  kind = 'skew';

  constructor() {
    super('the files of this page are of two builds, reload it');
  }
}

/** Starts a module with its glue, if both are of the page's build. `stored` is the response with its bytes, if there is one already. */
export async function start(glue, name, stored = fetch(new URL(`pkg/${name}_bg.wasm`, import.meta.url))) {
  if (glue.GLUE !== MODULE) throw new Skew();
  const module = await WebAssembly.compileStreaming(stored);
  // Both were added by scripts/build.mjs.
  const [build = new ArrayBuffer()] = WebAssembly.Module.customSections(module, 'build');
  if (new TextDecoder().decode(build) !== MODULE) throw new Skew();
  await glue.default({ module_or_path: module });
}

/** Whether an error says that another build was met: so does a file that lacks what another one imports from it. */
export const isSkew = (error) => error?.kind === 'skew' || error instanceof SyntaxError;
