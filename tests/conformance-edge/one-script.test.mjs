// A panic ends the instance with everything in it. With gateway and lanes in one script, as in the quick start and `wrangler dev`, that is all there
// is; most promises cannot be kept then, since a promise is kept by the gateway.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { at } from '../../scripts/paths.mjs';
import { serve } from './serve.mjs';

const server = await serve('one script');
after(() => server.stop());

const TIMES = 10;
// The task says so, and where it is stands behind it.
const LINES = readFileSync(at('crates', 'offloop', 'tests', 'conformance', 'tasks.rs'), 'utf8').split('\n');
const FAILED = `in a lane (offloop/tests/conformance/tasks.rs:${1 + LINES.indexOf('    std::panic::panic_any(message)')}:5)`;

test('a panic in a lane ends a request that has no deadline', async () => {
  for (let time = 1; time <= TIMES; time += 1) {
    const { status, text } = await server.get('/panic');
    assert.deepEqual([status, text], [500, FAILED], `time ${time}`);
  }
});

test('so it does when many panic at once: each is told of its own or of another', async () => {
  for (let time = 1; time <= TIMES; time += 1) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.get('/panic')));
    for (const { status, text } of answers) {
      const expected = status === 500 ? FAILED : 'the lane was lost: another request has reset the instance (crashed)';
      assert.equal(text, expected, `time ${time}`);
    }
  }
});
