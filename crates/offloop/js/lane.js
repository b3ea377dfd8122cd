// What a page, or a worker, needs to start the worker of a lane.

// `new Worker(new URL('…', import.meta.url))` has to stand here in just this form: Vite and webpack recognise it, bundle the
// script and put its final address here. Without a bundler it is the file beside this one.
export function startWorker(script, name) {
  if (script !== undefined) return new Worker(script, { type: 'module', name });
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name });
}

// Bytes out of wasm memory, into a buffer of their own that can be transferred.
export function copyOut(bytes) {
  return bytes.slice();
}
