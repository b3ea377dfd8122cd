// Both sides of a ring in one thread, which neither waits.
import { makeRing, openRing } from '../../js/ring.js';

export const room = new Uint8Array(4096);
export const bytes = (length, seed) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);

// The same numbers each time.
export function random(seed) {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

export function pair() {
  const worker = makeRing();
  const page = openRing(worker.buffer);
  worker.looks(1);
  return { worker, page };
}

// As if so many bytes had gone from one to the other.
export function moved(from, to, bytes) {
  from.out.at = bytes;
  to.in.at = bytes;
  for (const position of [2, 3]) Atomics.store(from.out.state, position, bytes);
}

export function next(ring) {
  const length = ring.receive(room);
  return length < 0 ? length : room.slice(0, length);
}
