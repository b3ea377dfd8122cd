// The ring alone: both sides in one thread, which neither waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRing } from '../js/ring.js';
import { bytes, moved, next, pair, random, room } from './ring/pair.mjs';

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
  // Without turns of its own this would never end. On a busy machine the first of them comes after 64 times, and 20 ms are over by then.
  for (let n = 0; n < 50 && told <= 64; n += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  page.close();
  assert.ok(told > 64, `${told} times`);
});
