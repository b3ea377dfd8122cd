// What the runtime loads: the fetch event and the lane object around the wasm module, and a new instance after one that has trapped.
import module from './build/index_bg.wasm';
import { __wbg_reset_state, fetch, initSync, lane } from './build/index.js';

initSync({ module });

let trapped = false;

// What was waiting in the instance is answered by the library; this is for those that come after.
function watch(error) {
  trapped ||= error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

addEventListener('error', ({ error }) => watch(error));

function call(handler, ...args) {
  if (trapped) {
    __wbg_reset_state();
    trapped = false;
  }
  try {
    return handler(...args);
  } catch (error) {
    watch(error);
    throw error;
  }
}

export default {
  fetch: (request, env) => call(fetch, request, env),
};

/** A lane: an object that runs tasks, one after the other. It keeps nothing, so it can be anywhere and end at any time. */
export class Lane {
  fetch(request) {
    return call(lane, request);
  }
}
