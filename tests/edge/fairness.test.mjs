// Clients that close their connection while they wait for a plain answer are not noticed: the runtime learns of it only when something is written.
// So whatever they have left at the lanes takes turns with everybody else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertProblem, sumOfSquares } from './client.mjs';
import { inBothModes } from './server.mjs';

const picture = readFileSync(fileURLToPath(new URL('../fixtures/pictures/baseline.jpg', import.meta.url)));
const JSON_BODY = { 'content-type': 'application/json' };
const CLIENTS = 20;

const DEMANDING = [
  // Each could be done alone, and so some are let in.
  ['long sums', 'GET', '/async-cpu?number=20000000000'],
  ['sums', 'GET', '/async-cpu?number=1000000000'],
  ['pictures', 'GET', '/mandelbrot?x=-0.1&y=0.8&zoom=30&width=640&height=480&iterations=10000'],
  ['the slowest task by name', 'POST', '/tasks/count_primes', '300000000'],
  ['the most costly passwords', 'POST', '/password/hash', '{"password":"x","memory_kib":65536,"iterations":4}'],
  ['thumbnails', 'POST', '/thumbnail?width=1024', picture],
];

inBothModes({}, (server) => {
  // In one process, which is for development, a task that cannot be split holds up lanes and gateway alike.
  const boundMs = server.several ? 1_000 : 2_000;

  /** Asks, and closes the connection as curl does when it is interrupted. */
  async function abandon([, method, path, body]) {
    const headers = body ? { ...JSON_BODY, 'content-length': Buffer.byteLength(body) } : {};
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => server.open(path, headers, method)));
    for (const socket of sockets) {
      socket.resume();
      if (body) socket.write(body);
    }
    await sleep(200);
    for (const socket of sockets) socket.end();
    return sockets;
  }

  const SMALL = [
    ['a sum', async () => {
      const answer = await server.get('/async-cpu?number=300000');
      assert.deepEqual([answer.status, answer.headers['x-result']], [200, sumOfSquares(300_000)]);
      return answer.ms;
    }],
    ['a task by name', async () => {
      const answer = await server.post('/tasks/count_primes', '1000', JSON_BODY);
      assert.deepEqual([answer.status, answer.text], [200, '168']);
      return answer.ms;
    }],
    ['an answer without a lane', async () => (await server.get('/ping')).ms],
  ];

  test('clients that abandon long work delay others by a second at most', async (context) => {
    await server.get('/async-cpu?number=3000000');
    for (const demanding of DEMANDING) {
      const sockets = await abandon(demanding);
      for (const [what, ask] of SMALL) {
        // What else the machine does can only make it longer.
        const ms = Math.min(await ask(), await ask(), await ask());
        context.diagnostic(`${what} beside ${CLIENTS} who asked for ${demanding[0]}: ${Math.round(ms)} ms`);
        assert.ok(ms <= boundMs, `${what} beside ${demanding[0]} took ${ms} ms`);
      }
      for (const socket of sockets) socket.resetAndDestroy();
      await server.idle(90_000);
    }
  });

  test('what cannot be done by its deadline is refused at once, and nothing is computed for it', async () => {
    const before = await server.idle(90_000);
    const answers = await Promise.all(Array.from({ length: CLIENTS }, () => server.get('/async-cpu?number=1000000000000')));
    for (const answer of answers) {
      const problem = assertProblem(answer, 504, 'timed_out');
      assert.match(problem.detail, /X-Timeout-Ms/);
      assert.ok(answer.ms < 5_000, `it took ${answer.ms} ms of 60 s`);
    }
    assert.equal((await server.stats()).submitted, before.submitted);
  });

  test('what could be done alone, but not beside what others have asked for, is 503 with Retry-After', async () => {
    await server.idle(90_000);
    // As many as fill a minute at the fastest pace that lanes are thought to have; at the slowest, one alone still has the time.
    const sockets = await Promise.all(Array.from({ length: 60 }, () => server.open('/async-cpu?number=10000000000')));
    await server.busy();
    const answer = await server.get('/async-cpu?number=10000000000');
    assertProblem(answer, 503, 'full');
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assert.equal((await server.get('/async-cpu?number=300000')).status, 200, 'small work goes on');
    for (const socket of sockets) socket.resetAndDestroy();
    await server.idle(90_000);
  });
});
