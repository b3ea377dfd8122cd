import * as Comlink from '/npm/comlink/dist/esm/comlink.mjs';
import { double, echo, load, spin } from '../tasks.js';

Comlink.expose({
  // Nothing that could not be cloned back.
  load: async (module) => void (await load(module)),
  double,
  spin,
  echo(value) {
    const bytes = echo(value);
    return Comlink.transfer(bytes, [bytes.buffer]);
  },
});
