// Answers, a lane's or a client's: each function does in one crossing what would take Rust many.
import { in_header, out_of_header, SHORT, STREAMED } from "./flight.js";
import { is_dead, open, trap, when_gone } from "./turn.js";

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

/** The answer that a task hands out in its first turn, a response or a promise of one. A trap in that turn comes out here, not at whoever called. */
export function first_turn(turn, key) {
  try {
    if (!is_dead(turn)) {
      const answer = turn(key, undefined, true, true);
      return answer instanceof Answer ? answer.promise : answer;
    }
  } catch (error) {
    trap(turn, error);
  }
  const words = refusal ?? epitaph;
  refusal = undefined;
  return saying(words);
}

/** A response for somebody whose instance has ended. Another one is there at once. */
function saying({ bytes, status, type }) {
  const later = status === 502 || status === 503 ? { "retry-after": "1" } : {};
  return new Response(bytes, { status, headers: { "content-type": type, ...later } });
}

/** An answer that comes later. Gives whoever waits under that key a turn if the request loses its client before. */
export function later(request, turn, key) {
  when_gone(request.signal, turn, key);
  return new Answer();
}

/**
 * A promise that other requests may settle. Not by `new Promise` at the edge: in code that has run often V8's compiler makes those itself, without
 * the mark that tells the runtime whose request it is, and what hangs on them runs as part of any other's (seen in workerd 1.20260426).
 */
function marked() {
  if (Promise.withResolvers) return Promise.withResolvers();
  // Node 20, where nothing is marked.
  let resolve;
  return { promise: new Promise((settle) => (resolve = settle)), resolve };
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
    const { promise: lost, resolve: lose } = marked();
    this.#lose = lose;
    this.promise = new Promise((resolve) => (this.#settle = resolve));
    lost.then((words) => this.#say(words));
    // Nobody waited while there was nobody.
    if (open.size === 0) began = Date.now();
    open.add(this);
  }

  #say(words) {
    if (!open.has(this)) return;
    if (!this.#writer) return this.respond(saying(words));
    if (words.status === 200) this.push(words.bytes);
    this.end();
  }

  /** The whole answer in one piece, which the runtime carries at two thirds of the cost of a stream. */
  plain(bytes) {
    this.respond(new Response(bytes.slice()));
  }

  /** Starts a streamed answer, in the request with this context. */
  begin(context) {
    const { readable, writable } = new (globalThis.IdentityTransformStream ?? TransformStream)();
    this.#writer = writable.getWriter();
    // Once the answer has begun the runtime ends a request whose caller goes away without a word: what it waits for, a timer too, never comes, and
    // Rust keeps it for good. Unless somebody waits for it; then it goes on, and sees for itself.
    context?.waitUntil?.(new Promise((resolve) => (this.#finish = resolve)));
    this.#writer.closed.catch(() => (this.#unread = true));
    this.#settle(new Response(readable, { status: STREAMED }));
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

  get isLost() {
    return Boolean(this.#lost);
  }

  #leave(words) {
    // What a panic had Rust say is more exact than what the trap that follows it says.
    if (this.#lost) return;
    this.#lost = words;
    this.#lose(words);
  }

  /** The body, when it is this request's turn to compute, or nothing if it is longer than `most`. */
  async body(request, most) {
    const { signal } = request;
    const bytes = await unlessAborted(signal, body(request, most));
    const goesOn = await turn(signal);
    this.#sayIfLost();
    if (!goesOn) throw new Error("the caller went away");
    return bytes;
  }

  /** Lets the event loop turn once. False if the caller has gone: then nothing that follows may wait, for it would wait for ever. */
  async pause(signal) {
    const goesOn = (await pause(signal, 0)) && !this.#unread && (await turn(signal));
    this.#sayIfLost();
    return goesOn;
  }

  /**
   * If the instance has trapped while something was waited for on behalf of Rust, answers here and now: a request that waits for nothing but
   * another request's word is taken for hung and ended by the runtime.
   */
  #sayIfLost() {
    if (this.#lost) this.#say(this.#lost);
  }
}

/**
 * The calls of a request that may compute in its first turn, since they came with its head; nothing if they did not, or after a long turn: others may
 * have come meanwhile, who have to be seen first.
 */
export function calls_at_once(request) {
  const now = Date.now();
  if (now - computed >= LONG_MS) return undefined;
  const calls = out_of_header(request.headers);
  if (calls) began = computed = now;
  return calls;
}

/** The answer to calls that came in a header. */
export function answer_at_once(bytes) {
  const headers = in_header(bytes);
  return headers ? new Response(null, { status: SHORT, headers }) : new Response(bytes.slice());
}

/** The number in the URL of a flight, which says whose calls it carries. */
export function origin(request) {
  return Number(request.url.slice(request.url.lastIndexOf("/") + 1));
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
  const { headers, signal } = request;
  const calls = out_of_header(headers);
  if (calls) {
    // Others who came at the same time are seen before this one computes, as they are while a body comes.
    await pause(signal, 0);
    return calls;
  }
  const length = headers.get("content-length");
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
// The same without what came after an idle time: whether it was one can be told only by those who let others be seen first.
let computed = 0;

// Requests that compute this long after one another would be felt by everybody else.
const LONG_MS = 5;

/**
 * Waits for this request's turn to compute; false if it was aborted. The runtime looks at its sockets only when no event is ready. Requests
 * that take turns computing have one ready always, so after a long turn each waits for a moment in which none of them computed for long.
 */
function turn(signal) {
  const now = Date.now();
  if (open.size > 1 && now - began >= LONG_MS) return quietMoment(signal);
  began = computed = now;
  return !signal.aborted;
}

async function quietMoment(signal) {
  for (let before = 0; Date.now() - before >= LONG_MS; ) {
    before = Date.now();
    if (!(await pause(signal, 1))) return false;
  }
  began = computed = Date.now();
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
