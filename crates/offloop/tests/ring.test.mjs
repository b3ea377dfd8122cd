// The ring alone: both sides in one thread, which neither waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRing, openRing } from '../js/ring.js';

const room = new Uint8Array(4096);
const bytes = (length, seed) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);

// The same numbers each time.
function random(seed) {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

function pair() {
  const worker = makeRing();
  const page = openRing(worker.buffer);
  worker.looks(1);
  return { worker, page };
}

// As if so many bytes had gone from one to the other.
function moved(from, to, bytes) {
  from.out.at = bytes;
  to.in.at = bytes;
  for (const position of [2, 3]) Atomics.store(from.out.state, position, bytes);
}

function next(ring) {
  const length = ring.receive(room);
  return length < 0 ? length : room.slice(0, length);
}

test('frames arrive as they were sent, around the end of the ring and in both directions', () => {
  const { worker, page } = pair();
  const pick = random(1);
  const waiting = [[], []];
  for (let n = 0; n < 100_000; n += 1) {
    const way = pick(2);
    const [from, to] = way ? [worker, page] : [page, worker];
    if (pick(2)) {
      const frame = bytes(pick(pick(2) ? 40 : 4097), n);
      if (from.send(frame)) waiting[way].push(frame);
      else assert.ok(waiting[way].length, 'an empty ring takes every frame');
    } else {
      assert.deepEqual(next(to), waiting[way].shift() ?? -1);
    }
  }
});

test('positions go on where a number of 32 bits ends', () => {
  const { worker, page } = pair();
  moved(page, worker, 2 ** 31 - 4096);
  for (let n = 0; n < 3000; n += 1) {
    assert.equal(page.send(bytes(n, n)), 1);
    assert.deepEqual(next(worker), bytes(n, n));
  }
  assert.ok(page.out.at < 0, 'the end was passed');
});

for (const start of [0, 2 ** 31 - 8192]) test(`a full ring refuses a frame and keeps the others, from ${start}`, () => {
  const { worker, page } = pair();
  moved(page, worker, start);
  let sent = 0;
  while (page.send(bytes(1000, sent))) sent += 1;
  assert.ok(sent >= 15 && sent <= 16, `${sent} frames`);
  for (let n = 0; n < sent; n += 1) assert.deepEqual(next(worker), bytes(1000, n));
  assert.equal(next(worker), -1);
  assert.equal(page.send(bytes(1000, 1)), 1);
});

test('a frame that is too long goes as a message', () => {
  const { page } = pair();
  assert.equal(page.send(bytes(4096, 1)), 1);
  assert.equal(page.send(bytes(4097, 1)), 0);
});

test('a frame waits for the message that was posted before it', () => {
  const { worker, page } = pair();
  page.send(bytes(8, 1));
  page.posted();
  page.send(bytes(8, 2));
  assert.deepEqual(next(worker), bytes(8, 1));
  assert.equal(next(worker), -1);
  worker.heard();
  assert.deepEqual(next(worker), bytes(8, 2));
});

test('messages are counted on where a number of 32 bits ends', () => {
  const { worker, page } = pair();
  page.out.messages = 2 ** 31 - 2;
  worker.in.messages = 2 ** 31 - 2;
  for (let n = 0; n < 4; n += 1) {
    page.posted();
    assert.equal(page.send(bytes(8, n)), 1);
    assert.equal(next(worker), -1, 'the message comes first');
    assert.equal(worker.wait(), false, 'the message is on its way');
    worker.heard();
    assert.equal(worker.wait(), true);
    assert.deepEqual(next(worker), bytes(8, n));
  }
});

test('who waits is told of a frame, sent back to its event loop for a message, and does not stay for ever', () => {
  const { worker, page } = pair();
  assert.equal(worker.wait(), false);
  assert.equal(page.send(bytes(8, 0)), 0, 'it does not look any more');
  page.posted();
  assert.equal(worker.wait(), false);
  worker.heard();
  assert.equal(page.send(bytes(8, 1)), 1, 'it looks again since it waited');
  page.posted();
  page.send(bytes(8, 2));
  assert.equal(worker.wait(), true);
  next(worker);
  assert.equal(worker.wait(), false);
  assert.equal(page.send(bytes(8, 3)), 1, 'it will look again after the message');
  worker.heard();
  assert.equal(worker.wait(), true);
});

test('a message that is heard before its sender has said so holds nothing up', () => {
  const { worker, page } = pair();
  worker.heard();
  page.posted();
  page.send(bytes(8, 1));
  assert.deepEqual(next(worker), bytes(8, 1));
});

test('a reader that does not look is called by a message', () => {
  const { worker, page } = pair();
  worker.looks(0);
  assert.equal(page.send(bytes(8, 1)), 0);
});

test('one that stops looking just then is called as well', () => {
  const { worker, page } = pair();
  page.signal = () => worker.looks(0);
  assert.equal(page.send(bytes(8, 1)), 2);
});

test('a frame of impossible length is damaged', () => {
  for (const [written, length] of [[24, 5000], [24, 17], [24, -1], [24, -8], [24, 2 ** 31 - 1], [-8, 8], [16392, 8]]) {
    const { worker, page } = pair();
    worker.send(bytes(8, 1));
    page.in.heads[0] = length;
    Atomics.store(page.in.state, 2, written);
    assert.equal(page.receive(room), -2, `${length} of ${written}`);
  }
});

test('whatever stands in the memory, reading gives frames, nothing, or says that it is damaged, and comes to an end', () => {
  const pick = random(7);
  let damaged = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const { worker, page } = pair();
    for (let i = 0; i < 3; i += 1) worker.send(bytes(pick(60), i));
    const words = new Int32Array(worker.buffer);
    // Heads and positions, with small numbers and any.
    for (let i = pick(6); i >= 0; i -= 1) {
      const at = page.in.state.byteOffset / 4 + (pick(3) ? 16 + pick(48) : pick(5));
      words[at] = pick(2) ? pick(2 ** 32) : pick(5000) - 500;
    }
    let frames = 0;
    let length;
    while ((length = page.receive(room)) >= 0) {
      frames += 1;
      assert.ok(length <= room.length && frames <= 4096);
    }
    damaged += length === -2;
  }
  assert.ok(damaged > 5_000, `${damaged} were noticed`);
});

test('only such memory is taken for rings', () => {
  for (const other of [true, undefined, {}, new ArrayBuffer(32896), new SharedArrayBuffer(64)]) assert.equal(openRing(other), undefined);
});

test('the page is told once for all that came meanwhile, and not after the end', async () => {
  const { worker, page } = pair();
  let told = 0;
  page.listen(() => (told += 1));
  worker.send(bytes(8, 1));
  worker.send(bytes(8, 2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(told, 1);
  page.close();
  worker.send(bytes(8, 3));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(told, 1);
});

test('a page that is told again and again has its turns', async () => {
  const { worker, page } = pair();
  let told = 0;
  page.listen(() => {
    told += 1;
    worker.signal();
  });
  worker.signal();
  await new Promise((resolve) => setTimeout(resolve, 20));
  page.close();
  assert.ok(told > 64, `${told} times`);
});

// As if the next frame had come after so many milliseconds, so often.
function came(ring, time, times = 1, look = 0.1) {
  for (let n = 0; n < times; n += 1) ring.came(time, look);
}

test('who gets short frames one soon after the other looks for the next, not after a long one', () => {
  const { worker, page } = pair();
  page.send(bytes(64, 1));
  next(worker);
  came(worker, 0.1, 7, 0.03);
  assert.equal(worker.hopes(), false);
  came(worker, 0.1, 1, 0.03);
  assert.equal(worker.hopes(), true);
  page.send(bytes(65, 1));
  next(worker);
  assert.equal(worker.hopes(), false);
  page.send(bytes(8, 1));
  next(worker);
  assert.equal(worker.hopes(), true);
});

test('a frame that comes late now and then does not keep it from looking, late ones do', () => {
  const { worker } = pair();
  worker.short = true;
  for (let n = 0; n < 4; n += 1) {
    came(worker, 0.05, 3);
    came(worker, 0.2);
  }
  came(worker, 0.05, 4);
  assert.equal(worker.hopes(), true);
  const other = pair().worker;
  other.short = true;
  for (let n = 0; n < 100; n += 1) {
    came(other, 0.05, 2);
    came(other, 0.2);
  }
  assert.equal(other.hopes(), false);
});

test('each look in vain makes the next dearer, a pause does not, and looks that were worth it make it cheap again', () => {
  const { worker } = pair();
  worker.short = true;
  const needed = () => {
    let times = 0;
    for (; !worker.hopes(); times += 1) came(worker, 0.05);
    return times;
  };
  for (const times of [8, 16, 32, 64, 64]) {
    assert.equal(needed(), times);
    came(worker, 0.2);
  }
  assert.equal(needed(), 64);
  came(worker, 0.05, 56);
  came(worker, 5);
  assert.equal(needed(), 8);
  came(worker, 0.05, 1, 0.03);
  assert.equal(needed(), 16, 'the look was over by then');
});

test('who looks sleeps when nothing comes, and goes back to its event loop for a message at once', () => {
  const { worker, page } = pair();
  worker.short = true;
  came(worker, 0.05, 64);
  const before = process.cpuUsage();
  const start = performance.now();
  assert.equal(worker.wait(), false);
  const { user, system } = process.cpuUsage(before);
  assert.ok(performance.now() - start >= 19, 'it waited');
  assert.ok(user + system < 10_000, `${user + system} µs of work`);
  assert.equal(worker.hopes(), true, 'nothing came that could be late');
  page.posted();
  assert.equal(worker.wait(), false);
});

test('a page looks in turns of its event loop, for a while, and not once it is closed', async () => {
  let turns = 0;
  globalThis.scheduler = { yield: () => new Promise((resolve) => setImmediate(resolve, (turns += 1))) };
  const { makeRing, openRing } = await import('../js/ring.js?with-turns');
  delete globalThis.scheduler;
  const worker = makeRing();
  const page = openRing(worker.buffer);
  let told = 0;
  let ended = false;
  const listening = page.listen(() => {
    told += 1;
    next(page);
  });
  listening.then(() => (ended = true));
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  worker.send(bytes(8, 1));
  await pause(5);
  assert.deepEqual([told, turns], [1, 0], 'it has no reason to look yet');
  page.needed = 0;
  worker.send(bytes(8, 2));
  await pause(20);
  assert.equal(told, 2);
  assert.ok(turns > 0, 'it looked');
  const before = turns;
  await pause(20);
  assert.equal(turns, before, 'it sleeps');
  worker.send(bytes(8, 3));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, 3);
  assert.ok(turns > before, 'it looks again');
  page.close();
  await pause(20);
  assert.ok(ended, 'it does not wait any more');
  worker.send(bytes(8, 4));
  await pause(20);
  assert.equal(told, 3);
});
