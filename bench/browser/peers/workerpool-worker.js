import '/npm/workerpool/dist/workerpool.min.js';
import { double, echo, load, spin } from '../tasks.js';

const { Transfer, worker } = globalThis.workerpool;

worker({
  async load(module) {
    await load(module);
    return double(21);
  },
  double,
  spin,
  echo(value) {
    const bytes = echo(value);
    return new Transfer(bytes, [bytes.buffer]);
  },
});
