// What a page, or a worker, needs to start the worker of a lane.

// The function of a worker's scope; what a program calls is another one: see `announce`.
const { close } = globalThis;

// `new Worker(new URL('…', import.meta.url))` has to stand here in just this form: Vite and webpack recognise it, bundle the
// script and put its final address here. Without a bundler it is the file beside this one.
export function startWorker(script, name) {
  const worker =
    script !== undefined
      ? new Worker(script, { type: 'module', name })
      : new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name });
  worker.addEventListener('message', (event) => watch(worker, event), { once: true });
  return worker;
}

// The first message may be the name of a lock that the worker holds for as long as it lives: whoever gets it knows that the worker has ended.
function watch(worker, event) {
  const { lock } = event.data ?? {};
  if (!lock) return;
  event.stopImmediatePropagation();
  const gone = { cause: 'its worker ended without a word: the browser ended it, or something in it did', closed: true };
  // What it posted before is heard first.
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const tell = () => worker.dispatchEvent(new MessageEvent('message', { data: gone }));
  navigator.locks.request(lock, turn).then(tell, () => {});
}

// Tells the page that this worker is up, and before that the name of its lock.
export async function announce(scope, ready) {
  // Who closes the worker has its calls answered, and those that wait go elsewhere.
  scope.close = () => setTimeout(() => finish(scope, { cause: 'something in its worker called self.close()', running: false, closed: true }));
  try {
    const lock = crypto.randomUUID();
    await new Promise((held, failed) => navigator.locks.request(lock, () => new Promise(held)).catch(failed));
    scope.postMessage({ lock });
  } catch {
    // Only secure contexts have locks: <https://w3c.github.io/web-locks/>.
  }
  scope.postMessage(ready);
}

// Says a last word, and closes this worker. Messages that were posted are delivered; what would have come in is not.
export function finish(scope, last) {
  scope.postMessage(last);
  close.call(scope);
}

// A bundler changes what functions look like, and may do so in another way for page and worker.
const isBundled = !/^http.*\/snippets\//.test(import.meta.url);

// Two numbers for the glue that wasm-bindgen made, from what it hands to the module: of all names, and of all functions, unless they are bundled.
// Adapters are numbered, and a number means something else in another build: there a call may find the wrong function.
export function numbersOf(imports) {
  const functions = Object.values(imports).flatMap(Object.entries).filter(([, value]) => typeof value === 'function');
  const hash = (text) => {
    let number = 1;
    for (let i = 0; i < text.length; i++) number = (Math.imul(31, number) + text.charCodeAt(i)) >>> 0;
    return number;
  };
  return [hash(functions.map(([name]) => name).join()), isBundled ? undefined : hash(functions.join())];
}

// The numbers of this program's glue; none if it calls adapters that the module does not have, which then is of another build.
export function numbersOfGlue(getImports, module) {
  if (!module) return undefined;
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const adapters = String(getImports).match(/\w*closures_\w*invoke\w*/g) ?? [];
  return adapters.every((name) => names.has(name)) ? numbersOf(getImports({})) : null;
}

// Bytes out of wasm memory, into a buffer of their own that can be transferred.
export function copyOut(bytes) {
  return bytes.slice();
}

// A few bytes as text, a character each. The browser makes and clones a short string in a fraction of the time that it needs
// for a buffer, with its separate memory. `target` is a worker, or the scope of one.
export function postText(target, bytes) {
  target.postMessage(String.fromCharCode.apply(null, bytes));
}

// Puts the bytes of a message that is text into `room` and gives their number; -1 if it is something else, or longer.
export function readText(event, room) {
  const { data } = event;
  if (typeof data !== 'string' || data.length > room.length) return -1;
  const { length } = data;
  for (let i = 0; i < length; i++) room[i] = data.charCodeAt(i);
  return length;
}

const settled = Promise.resolve();

// Calls back once what runs has ended. A reaction to a promise takes the engine 20 ns, what was given to `queueMicrotask` a microsecond.
export function soon(callback) {
  settled.then(callback);
}

// Calls back in a later turn. For 0 ms a message is faster: nested timers wait for 4 ms.
export function setTimer(callback, milliseconds, place) {
  if (milliseconds > 0) return setTimeout(callback, milliseconds, place);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback(place);
  };
  port2.postMessage(0);
  return port1;
}

// Firefox delivers a message that had arrived when its port was closed.
export function clearTimer(timer) {
  if (timer.close) {
    timer.onmessage = null;
    timer.close();
  } else clearTimeout(timer);
}

export function post(target, message, transfer) {
  target.postMessage(message, transfer);
}

export function text(error) {
  return String(error);
}
