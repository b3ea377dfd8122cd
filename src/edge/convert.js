// Requests and responses in one crossing each: strings that cross one by one cost more than all the rest of a short answer.

/** Method, path with query, whether a body follows, then names and values of the headers: a line each, which none of them can contain. */
export function head(request) {
  const { method, url, headers, body } = request;
  const start = url.indexOf("/", url.indexOf("//") + 2);
  let text = `${method}\n${start < 0 ? "/" : url.slice(start)}\n${body ? "body" : ""}`;
  for (const [name, value] of headers) text += `\n${name}\n${value}`;
  return text;
}

// Short answers that were given before: most are, and a number is all that crosses then.
const kept = [];

/** A response with a body in one piece; `head` has names and values of the headers, a line each. Kept under this number, if it is one. */
export function whole(status, head, body, number) {
  // A status like 204 allows no body, not even an empty one. A copy, since wasm memory may move.
  const copy = body.length > 0 ? body.slice() : null;
  const init = { status, headers: headers(head) };
  if (number >= 0) kept[number] = { body: copy, init };
  return new Response(copy, init);
}

/** The response that was kept under this number, once more. */
export function again(number) {
  const answer = kept[number];
  // To copy another response and a text takes the runtime half the time of an object and bytes.
  answer.like ??= like(answer);
  return new Response(answer.body, answer.like);
}

function like(answer) {
  answer.body = text(answer.body, answer.init.headers);
  return new Response(null, answer.init);
}

// The body as a text, if it is one. The runtime would add the type of a text where there is none.
function text(body, headers) {
  if (!body || !headers.has("content-type")) return body;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return body;
  }
}

// Headers that were made before. Most answers have the same few.
const made = new Map();
const MADE = 100;

function headers(head) {
  let found = made.get(head);
  if (!found) {
    if (made.size === MADE) made.clear();
    made.set(head, (found = new Headers(fields(head))));
  }
  return found;
}

// An object, which the runtime reads in half the time of a list of pairs.
function fields(head) {
  const lines = head.split("\n");
  const all = {};
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const name = lines[at];
    all[name] = name in all ? `${all[name]}, ${lines[at + 1]}` : lines[at + 1];
  }
  return all;
}

// Responses that go on.
const open = new Set();

globalThis.addEventListener?.("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) for (const streamed of open) streamed.lose();
});

/** A response whose body is written bit by bit. What the client still sends is read meanwhile. */
export class Streamed {
  #writer;
  #drained;

  constructor(status, head, context, length, upload) {
    this.#drained = upload?.drain();
    const { readable, writable } = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
    this.#writer = writable.getWriter();
    this.response = new Response(readable, { status, headers: headers(head) });
    // When writing to a client fails, the runtime ends the request without an `abort` event. Waiting for the writer keeps the request alive
    // until it has been told.
    const closed = this.#writer.closed.catch(() => {});
    context.waitUntil(closed.then(() => open.delete(this)));
    // May be called while another request runs; what follows runs as part of ours. `new Promise` would not do, see `marked` in the library's edge.js.
    const { promise: lost, resolve: lose } = Promise.withResolvers();
    this.lose = lose;
    lost.then(() => this.stop());
    open.add(this);
  }

  /** True once it is written, false if nobody reads any more. */
  write(bytes) {
    return this.#writer.write(bytes.slice()).then(
      () => true,
      () => false,
    );
  }

  /** All is written. The client has an answer of known length by now, so it may be kept open until the upload has ended. */
  async end() {
    await this.#drained;
    this.#writer.close().catch(() => {});
  }

  stop() {
    this.#writer.abort(new Error("ended early")).catch(() => {});
  }

  /** Settles when nobody reads any more, or when all is written. */
  closed() {
    return this.#writer.closed.catch(() => {});
  }
}
