// The near side of a lane at the edge: each function does in one crossing what would take Rust many.
import { give, settle } from "./turn.js";

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
  const room = new Uint8Array(LONGEST_IN_HEADER);
  return room.subarray(0, read(text, room));
}

/** One fetch to a lane, for calls that are made on behalf of the answer with the number `origin`; 0 if for none. */
export class Flight {
  #controller = new AbortController();
  #reader;

  /**
   * Sends the calls in one frame, and gives whoever waits under that key a turn with what comes of it: text for `read` or a `Uint8Array` if that is
   * the whole answer, nothing if `next` gives it part by part.
   */
  constructor(target, origin, frame, turn, key) {
    if (!turn) return;
    const { signal } = this.#controller;
    const headers = in_header(frame);
    // A copy: `frame` is a view of wasm memory, which may move.
    this.#send(target, origin, headers ? { method: "POST", headers, signal } : { method: "POST", body: frame.slice(), signal }, turn, key);
  }

  /**
   * As the constructor, with the bodies of `sources` in between, each before that byte of the frame which `places` names. The runtime carries them over
   * by itself, in small pieces: read as a whole, a picture stops the event loop for as long as it takes to copy it, several times.
   */
  static around(target, origin, frame, places, sources, length, turn, key) {
    const flight = new Flight();
    const { signal } = flight.#controller;
    const { readable: body, writable } = globalThis.FixedLengthStream ? new FixedLengthStream(length) : new TransformStream();
    // When it fails the fetch does, too.
    pour(frame.slice(), places, sources, writable, signal).catch(() => {});
    flight.#send(target, origin, { method: "POST", body, signal, duplex: "half" }, turn, key);
    return flight;
  }

  #send(target, origin, init, turn, key) {
    fetched(target, origin ? `http://lane/${origin}` : "http://lane/", init).then(
      (response) => {
        if (response?.status === SHORT) give(turn, key, response.headers.get(FRAME) ?? "");
        else settle(this.#receive(response), turn, key);
      },
      (error) => give(turn, key, error, false),
    );
  }

  async #receive(response) {
    const { status } = response;
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

// The promise of a response, whatever the target does.
function fetched(target, url, init) {
  try {
    return Promise.resolve(target.fetch(url, init));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Puts the frame of an answer that is text into `room`; gives its length, 0 if it is damaged or too long, -1 if the answer is no text. */
export function read(answer, room) {
  if (typeof answer !== "string") return -1;
  try {
    if (room.setFromBase64) {
      const { read, written } = room.setFromBase64(answer);
      return read === answer.length ? written : 0;
    }
    const text = atob(answer);
    if (text.length > room.length) return 0;
    for (let at = 0; at < text.length; at++) room[at] = text.charCodeAt(at);
    return text.length;
  } catch {
    return 0;
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
