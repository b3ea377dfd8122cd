// A panic ends the instance with everything in it. With gateway and lanes in one script, as in the quick start and `wrangler dev`, that is all there
// is; most promises cannot be kept then, since a promise is kept by the gateway.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './serve.mjs';

const server = await serve('one script');
after(() => server.stop());

const TIMES = 10;

test('a panic in a lane ends a request that has no deadline', async () => {
  for (let time = 1; time <= TIMES; time += 1) {
    const { status, text } = await server.get('/panic');
    assert.deepEqual([status, text], [500, 'in a lane'], `time ${time}`);
  }
});

test('so it does when many panic at once: each is told of its own or of another', async () => {
  for (let time = 1; time <= TIMES; time += 1) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.get('/panic')));
    for (const { status, text } of answers) {
      const expected = status === 500 ? 'in a lane' : 'the lane was lost: another request has reset the instance';
      assert.equal(text, expected, `time ${time}`);
    }
  }
});
