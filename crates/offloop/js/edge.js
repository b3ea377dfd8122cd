// What lanes at the edge need of JavaScript: each function does in one crossing what would take Rust many.

// A plain answer holds all its frames. A streamed one goes on: it is told apart by its type, since not every hop keeps the length.
const TYPE = "application/x-offloop";
const STREAM_TYPE = "application/x-offloop-stream";

// Made once: the runtime copies these faster than it reads an object.
const PLAIN = { headers: new Headers({ "content-type": TYPE }) };
const STREAM = { headers: new Headers({ "content-type": STREAM_TYPE }) };

/** One fetch to a lane, seen from the caller. */
export class Flight {
  #controller = new AbortController();
  #stop;
  #reader;
  #target;
  #url;

  constructor(target, url) {
    this.#target = target;
    this.#url = url;
  }

  /**
   * Settles with the promise, or as soon as `stop` is called. The runtime never settles what belongs to a request whose client is gone, and
   * Rust cannot let go of a promise that never settles.
   */
  #unlessStopped(promise) {
    return new Promise((resolve, reject) => {
      this.#stop = reject;
      promise.then(resolve, reject);
    });
  }

  /** Sends the calls. Gives an `ArrayBuffer` if that is the whole answer, a `Uint8Array` with the first part if more follows. */
  send(frame) {
    // A copy: `frame` is a view of wasm memory, which may move.
    return this.#unlessStopped(this.#send(frame.slice()));
  }

  /**
   * As `send`, with the bodies of `sources` in between, each before that byte of the frame which `places` names. The runtime carries them over by
   * itself, in small pieces: read as a whole, a picture stops the event loop for as long as it takes to copy it, several times.
   */
  send_around(frame, places, sources, length) {
    const { readable, writable } = globalThis.FixedLengthStream ? new FixedLengthStream(length) : new TransformStream();
    // When it fails the fetch does, too.
    pour(frame.slice(), places, sources, writable, this.#controller.signal).catch(() => {});
    return this.#unlessStopped(this.#send(readable));
  }

  async #send(body) {
    const response = await this.#target.fetch(this.#url, { method: "POST", body, signal: this.#controller.signal, duplex: "half" });
    const type = response.headers.get("content-type");
    if (response.status === 200 && type === TYPE) return response.arrayBuffer();
    if (response.status === 200 && type === STREAM_TYPE && response.body) {
      this.#reader = response.body.getReader();
      return this.#read();
    }
    const text = (await response.text()).slice(0, 500);
    throw Object.assign(new Error(text || `status ${response.status}`), { status: response.status });
  }

  /** Gives the next part of a streamed answer, or nothing at its end. */
  next() {
    return this.#unlessStopped(this.#read());
  }

  async #read() {
    const { value } = await this.#reader.read();
    return value;
  }

  stop() {
    // Once the answer streams the runtime would keep the aborted signal for good, and with it this object: some 3 kB each time.
    if (this.#reader) this.#reader.cancel().catch(() => {});
    else this.#controller.abort();
    this.#stop?.(new Error("stopped"));
  }
}

async function pour(frame, places, sources, writable, signal) {
  const write = async (bytes, thenClose) => {
    const writer = writable.getWriter();
    await writer.write(bytes);
    if (thenClose) await writer.close();
    writer.releaseLock();
  };
  let from = 0;
  for (const [index, { body }] of sources.entries()) {
    await write(frame.subarray(from, places[index]));
    await body.pipeTo(writable, { preventClose: true, signal });
    from = places[index];
  }
  await write(frame.subarray(from), true);
}

/** The namespace's object with this name. Made anew after an error, since a stub is broken by a reset of its object. */
export function stub(namespace, name, hint) {
  return namespace.get(namespace.idFromName(name), hint ? { locationHint: hint } : {});
}

// Answers that are not complete.
const open = new Set();

// What is said in all of them when the instance has trapped without a panic: Rust cannot say anything any more.
let epitaph = { bytes: "the instance trapped: out of memory, or of stack", status: 500, type: "text/plain" };

export function set_epitaph(bytes, status, type) {
  epitaph = { bytes: bytes.slice(), status, type };
}

// What is said in the answer whose first turn has just panicked.
let refusal;

export function refuse(bytes, status, type) {
  refusal = { bytes: bytes.slice(), status, type };
}

globalThis.addEventListener?.("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) for (const answer of open) answer.leave();
});

// The `turn` of an instance that has trapped.
let dead;

function trap(turn, error) {
  dead = turn;
  // For the log, for all other open answers, and for whoever starts a new instance.
  queueMicrotask(() => {
    throw error;
  });
}

/** Gives a task its next turn in a microtask of its own. */
export async function turn_soon(turn, key) {
  await undefined;
  try {
    if (turn !== dead) turn(key);
  } catch (error) {
    trap(turn, error);
  }
}

/**
 * The answer that a task hands out in its first turn, a response or a promise of one. Not before the next microtask, so that a trap in it comes
 * out here and not at whoever called.
 */
export async function first_turn(turn, key) {
  await undefined;
  try {
    if (turn !== dead) return turn(key);
  } catch (error) {
    trap(turn, error);
  }
  const { bytes, status, type } = refusal ?? epitaph;
  refusal = undefined;
  return new Response(bytes, { status, headers: { "content-type": type } });
}

/** One answer to a request, seen from the lane. */
export class Answer {
  #settle;
  #lose;
  #lost;
  #writer;
  // Settles the promise that keeps a streamed answer going.
  #finish;
  // Nobody reads the stream any more.
  #unread = false;

  constructor() {
    // `lose` may be called while another request runs. The runtime then runs what hangs on its promise as part of our own request,
    // the only place where our response may be touched (flag `handle_cross_request_promise_resolution`).
    const lost = new Promise((resolve) => (this.#lose = resolve));
    this.promise = new Promise((resolve) => (this.#settle = resolve));
    lost.then((words) => this.#say(words));
    // Nobody waited while there was nobody.
    if (open.size === 0) began = Date.now();
    open.add(this);
  }

  #say({ bytes, status, type }) {
    if (!open.has(this)) return;
    if (!this.#writer) return this.respond(new Response(bytes, { status, headers: { "content-type": type } }));
    if (status === 200) this.push(bytes);
    this.end();
  }

  /**
   * Waits for a promise on behalf of Rust, or, if the instance has trapped meanwhile, answers here and now: a request that waits for nothing
   * but another request's word is taken for hung and ended by the runtime.
   */
  async #orLost(promise) {
    const value = await promise;
    if (this.#lost) this.#say(this.#lost);
    return value;
  }

  /** The whole answer in one piece, which the runtime carries at two thirds of the cost of a stream. */
  plain(bytes) {
    this.respond(new Response(bytes.slice(), PLAIN));
  }

  /** Starts a streamed answer, in the request with this context. */
  begin(context) {
    const { readable, writable } = new (globalThis.IdentityTransformStream ?? TransformStream)();
    this.#writer = writable.getWriter();
    // Once the answer has begun the runtime ends a request whose caller goes away without a word: what it waits for, a timer too, never comes, and
    // Rust keeps it for good. Unless somebody waits for it; then it goes on, and sees for itself.
    context?.waitUntil?.(new Promise((resolve) => (this.#finish = resolve)));
    this.#writer.closed.catch(() => (this.#unread = true));
    this.#settle(new Response(readable, STREAM));
  }

  push(bytes) {
    // Fails once nobody reads any more, which `pause` tells.
    this.#writer.write(bytes.slice()).catch(() => {});
  }

  end() {
    this.forget();
    this.#writer.close().catch(() => {});
  }

  respond(response) {
    this.forget();
    this.#settle(response);
  }

  /** Nobody waits for the answer any more. */
  forget() {
    open.delete(this);
    this.#finish?.();
  }

  /** The last words of an answer whose instance has trapped: the rest of a stream, or else a whole response. */
  lose(bytes, status, type) {
    this.#leave({ bytes: bytes.slice(), status, type });
  }

  leave() {
    this.#leave(epitaph);
  }

  #leave(words) {
    // What a panic had Rust say is more exact than what the trap that follows it says.
    if (this.#lost) return;
    this.#lost = words;
    this.#lose(words);
  }

  /** The body, when it is this request's turn to compute, or nothing if it is longer than `most`. */
  body(request, most) {
    return this.#orLost(
      unlessAborted(request.signal, body(request, most)).then(async (bytes) => {
        if (await turn(request.signal)) return bytes;
        throw new Error("the caller went away");
      }),
    );
  }

  /** Lets the event loop turn once. False if the caller has gone: then nothing that follows may wait, for it would wait for ever. */
  pause(signal) {
    return this.#orLost(pause(signal, 0).then((goesOn) => goesOn && !this.#unread && turn(signal)));
  }
}

/** The number in the URL of a flight, which says whose calls it carries. */
export function origin(request) {
  return Number(request.url.slice(request.url.lastIndexOf("/") + 1));
}

/** How many bytes the body has; -1 if there is none, or nobody has said. */
export function body_length({ body, headers }) {
  const length = body && headers.get("content-length");
  return /^\d+$/.test(length) ? Number(length) : -1;
}

/** Settles with the promise, or fails when the request is aborted: the runtime never settles what belongs to a request whose caller has gone. */
function unlessAborted(signal, promise) {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error("the caller went away"));
    signal.addEventListener("abort", gone);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", gone));
  });
}

async function body(request, most) {
  const length = request.headers.get("content-length");
  if (length !== null) return Number(length) <= most ? new Uint8Array(await request.arrayBuffer()) : undefined;
  const parts = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > most) return undefined;
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  size = 0;
  for (const part of parts) {
    whole.set(part, size);
    size += part.byteLength;
  }
  return whole;
}

// When this instance last began to compute, or had been idle until. The clock stands still in a turn, so its length shows only later.
let began = 0;

// Requests that compute this long after one another would be felt by everybody else.
const LONG_MS = 5;

/**
 * Waits for this request's turn to compute; false if it was aborted. The runtime looks at its sockets only when no event is ready. Requests
 * that take turns computing have one ready always, so after a long turn each waits for a moment in which none of them computed for long.
 */
async function turn(signal) {
  if (open.size > 1 && Date.now() - began >= LONG_MS) {
    for (let before = 0; Date.now() - before >= LONG_MS; ) {
      before = Date.now();
      if (!(await pause(signal, 1))) return false;
    }
  }
  began = Date.now();
  return !signal.aborted;
}

function pause(signal, milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
