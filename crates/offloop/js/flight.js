// The near side of a lane at the edge: each function does in one crossing what would take Rust many.

// What a lane's answer is, told by its status: a whole one holds all its frames, a streamed one goes on; not every hop keeps the length. A short one
// has no body, its frame stands in a header.
const WHOLE = 200;
export const STREAMED = 202;
export const SHORT = 204;

// A short frame travels in a header: a body would be a message of its own, for which either side waits in a turn of its own, with a stream and a
// buffer to make for it. Named so that Cloudflare's logs leave out what is in it.
// <https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/#tailrequest>
const FRAME = "x-offloop-secret";

// In bytes. In text, as a header, it is a third more.
const LONGEST_IN_HEADER = 256;

/** The headers of a message whose frame goes in one of them; nothing if it is too long for that. */
export function in_header(frame) {
  if (frame.length > LONGEST_IN_HEADER) return undefined;
  // Node 20 has only the second.
  return { [FRAME]: frame.toBase64 ? frame.toBase64() : btoa(String.fromCharCode(...frame)) };
}

/** The frame in a message's headers, if it is there; an empty one, which is no good frame either, if its text is damaged. */
export function out_of_header(headers) {
  const text = headers.get(FRAME);
  if (text === null) return undefined;
  try {
    return Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** One fetch to a lane. */
export class Flight {
  #controller = new AbortController();
  #reader;
  #target;
  #url;

  constructor(target, url) {
    this.#target = target;
    this.#url = url;
  }

  /** Sends the calls. Gives a `Uint8Array` if that is the whole answer, nothing if `next` gives it part by part. */
  send(frame) {
    const { signal } = this.#controller;
    const headers = in_header(frame);
    // A copy: `frame` is a view of wasm memory, which may move.
    return this.#send(headers ? { method: "POST", headers, signal } : { method: "POST", body: frame.slice(), signal });
  }

  /**
   * As `send`, with the bodies of `sources` in between, each before that byte of the frame which `places` names. The runtime carries them over by
   * itself, in small pieces: read as a whole, a picture stops the event loop for as long as it takes to copy it, several times.
   */
  send_around(frame, places, sources, length) {
    const { signal } = this.#controller;
    const { readable: body, writable } = globalThis.FixedLengthStream ? new FixedLengthStream(length) : new TransformStream();
    // When it fails the fetch does, too.
    pour(frame.slice(), places, sources, writable, signal).catch(() => {});
    return this.#send({ method: "POST", body, signal, duplex: "half" });
  }

  async #send(init) {
    const response = await this.#target.fetch(this.#url, init);
    const { status } = response;
    if (status === SHORT) return out_of_header(response.headers) ?? new Uint8Array();
    if (status === WHOLE) return new Uint8Array(await response.arrayBuffer());
    if (status === STREAMED && response.body) {
      this.#reader = response.body.getReader();
      return undefined;
    }
    const text = (await response.text()).slice(0, 500);
    throw Object.assign(new Error(text || `status ${status}`), { status });
  }

  /** Gives the next part of a streamed answer, or nothing at its end. */
  async next() {
    const { value } = await this.#reader.read();
    return value;
  }

  stop() {
    // Once the answer streams the runtime would keep the aborted signal for good, and with it this object: some 3 kB each time.
    if (this.#reader) this.#reader.cancel().catch(() => {});
    else this.#controller.abort();
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

/** How many bytes the body has; -1 if there is none, or nobody has said. */
export function body_length({ body, headers }) {
  const length = body && headers.get("content-length");
  return /^\d+$/.test(length) ? Number(length) : -1;
}
