// Frames through shared memory, where the page is cross-origin isolated: a ring of bytes in each direction, beside the messages.

// Bytes of a ring, and of the longest frame that goes through it. Longer ones gain nothing.
const SIZE = 16384;
const LONGEST = 4096;
// Before its bytes each ring has numbers: how often something was sent, through it or as a message; how many messages that were; how far it is
// written and read, in bytes; whether its reader looks into it. Before each frame: its length, and how many messages came earlier. All of them are
// modulo 2³².
const [SENT, MESSAGES, WRITTEN, READ, LOOKS] = [0, 1, 2, 3, 4];
const ROOM = 64 + SIZE;
// So many milliseconds a worker waits for the next call before it goes back to its event loop.
const STAY = 20;
// To fall asleep and to be woken up takes either side longer than a trivial call. So where short frames, as of single calls, come one after the
// other, each within SOON milliseconds, both look for the next before they sleep: a worker for as long, a page for GLANCE, each look a turn of
// its event loop, which nothing waits for. Not after a long frame: what is in it has work for other processors meanwhile.
const [SOON, GLANCE, SHORT] = [0.1, 0.03, 64];
// They look once so many frames in a row came soon. Twice as many, up to the second number, each time that one comes just after the look: as it
// does where whoever is to send it needs the same processor. After a PAUSE it proves nothing.
const [FEW, MANY, PAUSE] = [8, 64, 1];
const clock = performance;
// So often a page goes on without having waited: however fast the answers come, it has its turns.
const TURNS = 64;

// Whether a page may share memory with its workers, and can wait without being blocked (in Firefox since 145).
export function canShare() {
  return globalThis.crossOriginIsolated === true && typeof Atomics.waitAsync === 'function';
}

// The worker's side of new rings; none if there cannot be any.
export function makeRing() {
  try {
    return new Ring(new SharedArrayBuffer(2 * ROOM), ROOM, 0);
  } catch {
    return undefined;
  }
}

// The page's side of the rings that a worker has made; none if this is something else.
export function openRing(buffer) {
  if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength !== 2 * ROOM) return undefined;
  const ring = new Ring(buffer, 0, ROOM);
  ring.looks(1);
  return ring;
}

// Comes back after everything else that waits in the event loop. By a message, since timers are slowed down where nobody looks.
function turn() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });
}

// Lets the event loop have a turn that takes next to no time, where there is such a thing.
const rest = globalThis.scheduler?.yield?.bind(scheduler);

class Ring {
  // How many frames in a row came soon, and how many are needed for a look.
  soon = 0;
  needed = FEW;

  constructor(buffer, out, inward) {
    const side = (at) => ({ state: new Int32Array(buffer, at, 16), heads: new Int32Array(buffer, at + 64), bytes: new Uint8Array(buffer, at + 64, SIZE), at: 0, messages: 0 });
    this.buffer = buffer;
    this.out = side(out);
    this.in = side(inward);
  }

  looks(whether) {
    Atomics.store(this.in.state, LOOKS, whether);
  }

  // 0 if the frame has to go as a message, 1 if it went, 2 if a message has to wake its reader up.
  send(frame) {
    const { state, heads, bytes, at, messages } = this.out;
    const { length } = frame;
    const end = (at + length + 15) & ~7;
    if (length > LONGEST || !Atomics.load(state, LOOKS) || (end - Atomics.load(state, READ)) >>> 0 > SIZE) return 0;
    const head = (at & (SIZE - 1)) >> 2;
    heads[head] = length;
    heads[head + 1] = messages;
    for (let i = 0; i < length; i++) bytes[(at + 8 + i) & (SIZE - 1)] = frame[i];
    this.out.at = end;
    Atomics.store(state, WRITTEN, end);
    this.signal();
    // If the reader stopped looking before it could see this, that is seen here.
    return 2 - Atomics.load(state, LOOKS);
  }

  // A message was posted.
  posted() {
    this.out.messages = (this.out.messages + 1) | 0;
    Atomics.store(this.out.state, MESSAGES, this.out.messages);
    this.signal();
  }

  signal() {
    Atomics.add(this.out.state, SENT, 1);
    Atomics.notify(this.out.state, SENT);
  }

  // A message arrived: what came after it is next.
  heard() {
    this.in.messages = (this.in.messages + 1) | 0;
  }

  // Whether there is a frame to be received before the next message.
  hasNext() {
    const { state, heads, at, messages } = this.in;
    return Atomics.load(state, WRITTEN) !== at && ((heads[((at & (SIZE - 1)) >> 2) + 1] - messages) | 0) <= 0;
  }

  // Puts the next frame into `room` and gives its length; -1 if there is none, or a message comes first; -2 if it is damaged.
  receive(room) {
    const { state, heads, bytes, at, messages } = this.in;
    const ready = (Atomics.load(state, WRITTEN) - at) >>> 0;
    if (ready === 0) return -1;
    const head = (at & (SIZE - 1)) >> 2;
    const length = heads[head];
    const end = (at + length + 15) & ~7;
    if (length < 0 || length > room.length || ready > SIZE || (end - at) >>> 0 > ready) return -2;
    if (((heads[head + 1] - messages) | 0) > 0) return -1;
    for (let i = 0; i < length; i++) room[i] = bytes[(at + 8 + i) & (SIZE - 1)];
    this.in.at = end;
    this.short = length <= SHORT;
    Atomics.store(state, READ, end);
    return length;
  }

  // Whether to look for the next frame before sleeping.
  hopes() {
    return this.short && this.soon >= this.needed;
  }

  // It came after this time, of which so much could be spent on looking.
  came(time, look) {
    const hoped = this.hopes();
    if (time <= (hoped ? look : SOON)) {
      this.soon = Math.min(this.soon + 1, MANY);
      if (hoped) this.needed = Math.max(this.needed - 1, FEW);
    } else if (!hoped) {
      this.soon = Math.max(this.soon - 2, 0);
    } else {
      this.soon = 0;
      if (time < PAUSE) this.needed = Math.min(2 * this.needed, MANY);
    }
  }

  // Lets a worker wait for the next frame. True once there is something in the ring; false if it will be a message, or may be one.
  wait() {
    const { state, messages } = this.in;
    const began = clock.now();
    let hopes = this.hopes();
    this.looks(1);
    for (;;) {
      const sent = Atomics.load(state, SENT);
      const time = clock.now() - began;
      if (this.hasNext()) {
        this.came(time, SOON);
        return true;
      }
      if (((Atomics.load(state, MESSAGES) - messages) | 0) > 0) return false;
      hopes &&= time <= SOON;
      if (hopes) continue;
      if (Atomics.wait(state, SENT, sent, STAY) !== 'timed-out') continue;
      this.looks(0);
      if (!this.hasNext()) return false;
      this.looks(1);
    }
  }

  // Calls back each time that something was sent, until `close`.
  async listen(heard) {
    const { state } = this.in;
    const isNew = () => this.closed || Atomics.load(state, SENT) !== seen;
    let [seen, turns] = [0, 0];
    for (;;) {
      const began = clock.now();
      while (rest && this.hopes() && !isNew() && clock.now() - began <= GLANCE) await rest();
      if (!isNew()) {
        await Atomics.waitAsync(state, SENT, seen).value;
        turns = 0;
      }
      if (this.closed) return;
      this.came(clock.now() - began, GLANCE);
      seen = Atomics.load(state, SENT);
      heard();
      await (++turns % TURNS ? 0 : turn());
    }
  }

  close() {
    this.closed = true;
    Atomics.notify(this.in.state, SENT);
  }
}
