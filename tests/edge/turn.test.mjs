// When a lane lets others be heard before it computes again: `turn` in the library's js/edge.js, seen through the answers that wait for it.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Answer, calls_at_once } from '../../crates/offloop/js/edge.js';

// Longer than what counts as long.
const LONG_MS = 20;

const { setTimeout: wait } = globalThis;
const { now } = Date;
let clock;
let pauses;

// A clock of our own, since that of a busy machine jumps.
beforeEach(() => {
  clock = now();
  pauses = 0;
  Date.now = () => clock;
  globalThis.setTimeout = (done, milliseconds) => {
    pauses += 1;
    return wait(() => {
      clock += milliseconds;
      done();
    }, milliseconds);
  };
});

afterEach(() => {
  Date.now = now;
  globalThis.setTimeout = wait;
});

const request = () => new Request('http://lane/', { method: 'POST', body: 'x' });
const compute = (answer) => answer.body(request(), 10);

const work = () => (clock += LONG_MS);

test('requests that come after a time in which nobody waited compute at once', async () => {
  const first = new Answer();
  await compute(first);
  first.respond(new Response());
  clock += LONG_MS;
  const answers = [new Answer(), new Answer(), new Answer()];
  await Promise.all(answers.map(compute));
  assert.equal(pauses, 0);
  for (const answer of answers) answer.forget();
});

test('after a long turn each of those who wait pauses once, however many compute for a moment meanwhile', async () => {
  const [first, ...others] = [new Answer(), new Answer(), new Answer(), new Answer()];
  await compute(first);
  work();
  await Promise.all(others.map(compute));
  assert.equal(pauses, others.length);
  for (const answer of [first, ...others]) answer.forget();
});

test('a long turn in the pause makes for another pause', async () => {
  const [first, second, third] = [new Answer(), new Answer(), new Answer()];
  await compute(first);
  work();
  await Promise.all([compute(second).then(work), compute(third)]);
  assert.equal(pauses, 3);
  for (const answer of [first, second, third]) answer.forget();
});

const FRAME = [7, 0, 255];
const short = () => new Request('http://lane/', { method: 'POST', headers: { 'x-offloop-secret': btoa(String.fromCharCode(...FRAME)) } });

test('calls in a header compute at once, one after the other, as long as each is short', async () => {
  const first = new Answer();
  await compute(first);
  first.forget();
  for (let n = 0; n < 10; n += 1) {
    clock += 1;
    assert.deepEqual([...calls_at_once(short())], FRAME);
  }
  assert.equal(calls_at_once(request()), undefined, 'a body is not there at once');
  assert.equal(pauses, 0);
});

test('after a long turn calls in a header wait until others have been seen, and for a quiet moment if there are any', async () => {
  for (const others of [0, 1, 3]) {
    const before = new Answer();
    await compute(before);
    before.forget();
    assert.ok(calls_at_once(short()));
    work();
    const answers = Array.from({ length: others + 1 }, () => {
      assert.equal(calls_at_once(short()), undefined);
      return new Answer();
    });
    pauses = 0;
    // The first computes for long, which the others learn when they have been seen.
    const frames = await Promise.all(answers.map((answer, index) => answer.body(short(), 10).then((frame) => (index === 0 && work(), frame))));
    assert.deepEqual(frames.map((frame) => [...frame]), answers.map(() => FRAME));
    assert.equal(pauses, 2 * others + 1, `${others} others`);
    for (const answer of answers) answer.forget();
  }
});
