// Keeps every promise of the library's conformance suite on workerd: with the lanes in the gateway's own process, and in processes of their own.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { serve } from './serve.mjs';

const PATIENCE_MS = 90_000;

// Requests of one isolate leave something for the next to stumble over: what failed one time in eight was green when each promise was kept once.
const TIMES = 3;

for (const mode of ['one process', 'several processes']) {
  const server = await serve(mode);
  const promises = JSON.parse((await server.get('/promises')).text);
  describe(mode, () => {
    after(() => server.stop());

    for (const { group, name, instead } of promises) {
      // Its name is read again for the table of promises.
      test(`${group}::workerd, ${mode}::${instead ? 'instead::' : ''}${name}`, { timeout: PATIENCE_MS }, async () => {
        for (let time = 1; time <= TIMES; time++) {
          const { status, text } = await server.get(`/promises/${group}/${name}`);
          assert.equal(status, 200, `time ${time}: ${text}`);
        }
      });
    }

    test('every promise is asked for', () => assert.ok(promises.length > 50, `${promises.length} promises`));
  });
}
