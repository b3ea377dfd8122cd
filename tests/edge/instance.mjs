// The wasm module of the edge function, run by node: what only an instance's own memory and an unshared core can tell.
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../../scripts/build.mjs';
import { at } from '../../scripts/paths.mjs';

/** Gives a function that starts a fresh instance, which computes by itself, as a lane would. */
export async function edgeModule() {
  await build({ sides: ['edge'] });
  const module = new WebAssembly.Module(readFileSync(at('build', 'index_bg.wasm')));
  // The only line of the bundle that node does not understand.
  const script = readFileSync(at('build', 'index.js'), 'utf8').replace(/import (\w+) from ?"[^"]*index_bg\.wasm";/, 'const $1=globalThis.edgeModule;');
  const folder = mkdtempSync(join(tmpdir(), 'offloop-instance-'));
  const file = join(folder, 'index.mjs');
  writeFileSync(file, script);
  process.once('exit', () => rmSync(folder, { recursive: true }));
  // Node's global scope is no event target.
  globalThis.addEventListener ??= () => {};
  // What long answers need of the runtime.
  globalThis.FixedLengthStream ??= class extends TransformStream {
    constructor() {
      super();
    }
  };
  Promise.withResolvers ??= function withResolvers() {
    const made = {};
    made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
    return made;
  };
  let count = 0;
  return async () => {
    const made = [];
    const { Instance } = WebAssembly;
    globalThis.edgeModule = module;
    WebAssembly.Instance = class extends Instance {
      constructor(...args) {
        super(...args);
        made.push(this);
      }
    };
    const { default: worker } = await import(`${pathToFileURL(file)}?${count += 1}`);
    WebAssembly.Instance = Instance;
    const [{ exports }] = made;
    return {
      fetch: (path, init) => worker.fetch(requestOf(path, init), {}, { waitUntil() {} }),
      memory: () => exports.memory.buffer.byteLength,
    };
  };
}

/** A request whose body is read as workerd's is. Node 20 throws when a body ends in the midst of a block. */
function requestOf(path, init) {
  const request = new Request(`http://instance${path}`, init);
  if (!init?.body) return request;
  let left = init.body;
  const read = async (view) => {
    const part = left.subarray(0, view.byteLength);
    left = left.subarray(part.byteLength);
    view.set(part);
    return { value: view.subarray(0, part.byteLength), done: part.byteLength === 0 };
  };
  return Object.defineProperty(request, 'body', { value: { getReader: () => ({ read }) } });
}
