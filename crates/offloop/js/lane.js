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

export function clearTimer(timer) {
  timer.close ? timer.close() : clearTimeout(timer);
}

export function post(target, message, transfer) {
  target.postMessage(message, transfer);
}

export function text(error) {
  return String(error);
}
