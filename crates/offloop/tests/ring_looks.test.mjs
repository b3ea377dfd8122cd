// When either side of the ring looks for the next frame before it sleeps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, next, pair } from './ring/pair.mjs';

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
  // The least of five: the engine's own threads, which compile and collect, count as well.
  const work = Array.from({ length: 5 }, () => {
    came(worker, 0.05, 64);
    const before = process.cpuUsage();
    const start = performance.now();
    assert.equal(worker.wait(), false);
    const { user, system } = process.cpuUsage(before);
    assert.ok(performance.now() - start >= 19, 'it waited');
    return user + system;
  });
  assert.ok(Math.min(...work) < 2_000, `${work} µs of work`);
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
