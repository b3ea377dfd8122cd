// Bodies of requests.

// Bodies are read in blocks: as much as has come so far, within these bounds. So a client that stops makes us hold no more than it has sent, and
// one that sends byte by byte does not make us hold an object for each.
const BLOCK_MIN = 4 * 1024;
const BLOCK_MAX = 64 * 1024;

// What nobody wants is read on while the answer is sent: this many bytes, for this long, and as long as something comes.
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 10_000;
const DRAIN_IDLE_MS = 1_000;

// Of so many requests at a time: an answer that is kept open takes the runtime some 90 KiB.
const DRAINS_MOST = 64;

// When each of them is over at the latest, in that order. If its client resets the connection, nothing of a request goes on that would say so.
const drains = new Map();

function hasRoom() {
  const now = Date.now();
  for (const [place, end] of drains) if (end <= now) drains.delete(place);
  return drains.size < DRAINS_MOST;
}

// What has arrived already can be read within this time.
const ARRIVED_MS = 20;

/**
 * The body of a request: what a view or a lane wants of it, and then what nobody wants. To the library it is a request whose `body` can be piped
 * to a lane. Unlike the runtime's own it can be read on when the job has ended early.
 */
export class Upload {
  #source;
  #whole;
  #reader;
  #reading;
  #received = 0;
  #draining;
  /** Whether there is nothing more to come. */
  ended = false;

  constructor({ body, headers }) {
    this.#source = body;
    this.#whole = headers.has("content-length");
    this.headers = headers;
  }

  get body() {
    return this;
  }

  /** The next part, nothing at the end. It is the whole body if its length is known, which a view has compared with its limit. */
  async next() {
    const parts = [];
    for (let part; !this.#draining && (part = await this.#read()); ) {
      if (!this.#whole) return part;
      parts.push(part);
    }
    return parts.length > 1 ? joined(parts) : parts[0];
  }

  async pipeTo(writable, { signal }) {
    const writer = writable.getWriter();
    const { promise: aborted, resolve: abort } = Promise.withResolvers();
    signal.addEventListener("abort", abort);
    try {
      // What is written has been taken, so its buffer is used again: it would be garbage that is collected late.
      let buffer;
      for (let part; (part = await Promise.race([this.#read(undefined, buffer), aborted])); ) {
        if (signal.aborted || this.#draining) throw new Error("nobody wants the rest");
        await writer.write(part);
        ({ buffer } = part);
      }
      writer.releaseLock();
    } catch (error) {
      writer.abort(error).catch(() => {});
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The next block. Whoever no longer waits for one has left it to the next who asks. */
  async #read(min, buffer) {
    this.#reader ??= this.#source.getReader({ mode: "byob" });
    const size = Math.min(Math.max(this.#received, BLOCK_MIN), BLOCK_MAX);
    // A block that has grown needs another one.
    const room = buffer?.byteLength >= (min ?? size) ? buffer : size;
    this.#reading ??= this.#reader.read(new Uint8Array(room), { min: min ?? size });
    try {
      const { value } = await this.#reading;
      this.ended = !value?.byteLength;
      this.#received += value?.byteLength ?? 0;
      return this.ended ? undefined : value;
    } catch (error) {
      this.ended = true;
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }

  /**
   * Reads what nobody wants, for a moment. Then `ended` says whether the client owes anything, and the result whether to read on while the answer is
   * sent. If the runtime ended the request instead, it would reset the connection while the client writes, and many clients lose the answer with it.
   */
  async settle() {
    await within(ARRIVED_MS, this.drain());
    if (this.ended || !hasRoom()) return false;
    const place = {};
    drains.set(place, Date.now() + DRAIN_MS);
    this.drain().then(() => drains.delete(place));
    return true;
  }

  drain() {
    return (this.#draining ??= this.#drain().catch(() => {}));
  }

  async #drain() {
    const end = Date.now() + DRAIN_MS;
    // Used again and again: what crowds send in vain must not become garbage.
    let buffer;
    for (let left = DRAIN_BYTES; left > 0 && Date.now() < end; ) {
      const part = await within(DRAIN_IDLE_MS, this.#read(1, buffer));
      if (!part) return;
      ({ buffer } = part);
      left -= part.byteLength;
    }
  }
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** What comes of the promise, or nothing if it takes longer. */
async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
