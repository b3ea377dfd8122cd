// A deadline covers the body, too, and what is known before the body has come is said before it has come.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAddsUp, assertProblem } from './client.mjs';
import { inBothModes, inSeveralProcesses, withoutLanes } from './server.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const TOKEN = 'a-token';
const BEARER = { authorization: `Bearer ${TOKEN}` };
// Far below the deadline of a request that sets none, and far above what an answer takes.
const AT_ONCE_MS = 10_000;
const CHUNK = '5\r\n{"sta\r\n';

// How a body may fail to come: headers, and what comes of it.
const STALLED = [
  ['a body with a length that stops', { 'content-length': 30 }, '{"sta'],
  ['a body with a length of which nothing comes', { 'content-length': 30 }, ''],
  ['a chunked body that stops', { 'transfer-encoding': 'chunked' }, CHUNK],
  ['a chunked body that stops in a chunk', { 'transfer-encoding': 'chunked' }, '5\r\n{"s'],
  ['a chunked body of which nothing comes', { 'transfer-encoding': 'chunked' }, ''],
  ['a body that waits for 100 Continue', { 'content-length': 30, expect: '100-continue' }, ''],
];

// Each is refused by its head: path, method, headers, status.
const REFUSED = [
  ['/nothing', 'POST', {}, 404],
  ['/tasks/no_such_task', 'POST', { ...BEARER, ...JSON_TYPE }, 404],
  ['/tasks', 'POST', BEARER, 405],
  ['/ping', 'DELETE', {}, 405],
  ['/tasks/sum_of_squares', 'POST', JSON_TYPE, 401],
  ['/thumbnail?width=5', 'POST', {}, 401],
  ['/tasks/sum_of_squares', 'POST', { ...BEARER, 'content-type': 'text/plain' }, 415],
  ['/tasks/sum_of_squares', 'POST', { ...BEARER, ...JSON_TYPE, accept: 'image/png' }, 406],
  ['/tasks/sum_of_squares', 'POST', { ...BEARER, ...JSON_TYPE, 'x-timeout-ms': 'soon' }, 400],
  ['/tasks/sum_of_squares?n=1', 'POST', { ...BEARER, ...JSON_TYPE }, 400],
  ['/thumbnail', 'POST', BEARER, 400],
  ['/async-cpu', 'POST', BEARER, 405],
  ['/async-cpu?number=x', 'GET', BEARER, 400],
];

// Each wants its body: path, headers.
const WANTED = [
  ['/tasks/sum_of_squares', JSON_TYPE],
  ['/tasks/sum_of_squares', { ...JSON_TYPE, accept: 'text/event-stream' }],
  ['/password/hash', JSON_TYPE],
  ['/password/verify', JSON_TYPE],
  ['/thumbnail?width=5', {}],
];

function everywhere(options, define) {
  inBothModes(options, define);
  withoutLanes(options, define);
}

everywhere({ vars: { API_TOKEN: TOKEN } }, (server) => {
  for (const [what, framing, first] of STALLED) {
    test(`${what} keeps no refusal waiting`, async () => {
      for (const [path, method, headers, status] of REFUSED) {
        const { socket, answer } = await server.upload(path, { ...headers, ...framing }, first, method);
        assertProblem(await answer(AT_ONCE_MS), status);
        socket.destroy();
      }
    });

    test(`${what} is 408 at the deadline`, async () => {
      await Promise.all(WANTED.map(async ([path, headers]) => {
        const { answer, closed } = await server.upload(path, { ...BEARER, ...headers, ...framing, 'x-timeout-ms': 400 }, first);
        const told = await answer(AT_ONCE_MS);
        assertProblem(told, 408, 'request_timeout');
        assert.ok(told.ms >= 398, `${told.ms} ms`);
        // Nothing is kept for a client that has stopped.
        await closed(5_000);
      }));
      await server.idle();
    });

    test(`${what} is nothing to a route that wants none`, async () => {
      for (const path of ['/ping', '/tasks', '/stats', '/async-io?seconds=0.01', '/async-cpu?number=3', '/async-cpu?number=1000000']) {
        const { socket, answer } = await server.upload(path, { ...BEARER, ...framing }, first, 'GET');
        assert.equal((await answer(AT_ONCE_MS)).status, 200, path);
        socket.destroy();
      }
    });
  }

  test('a body that trickles is 408 at the deadline', async () => {
    await Promise.all([[{ 'content-length': 10_000 }, 'x'], [{ 'transfer-encoding': 'chunked' }, '1\r\nx\r\n']].map(async ([framing, byte]) => {
      const { socket, answer } = await server.upload('/tasks/sum_of_squares', { ...BEARER, ...JSON_TYPE, ...framing, 'x-timeout-ms': 1_200 });
      const trickle = setInterval(() => socket.write(byte), 50);
      assertProblem(await answer(AT_ONCE_MS), 408, 'request_timeout');
      clearInterval(trickle);
      socket.destroy();
    }));
  });

  test('a large body that stops is 408 at the deadline, and its lane is free again', async () => {
    for (const length of [100_000, 3_000_000]) {
      const { answer, closed } = await server.upload('/thumbnail?width=5', { ...BEARER, 'content-length': length, 'x-timeout-ms': 600 }, Buffer.alloc(length - 1, 0xff));
      assertProblem(await answer(AT_ONCE_MS), 408, 'request_timeout');
      await closed(5_000);
      assertAddsUp(await server.idle());
    }
  });

  test('the connection goes on if the rest of the body comes after the answer', async () => {
    const framings = [[{ 'content-length': 30 }, 'x'.repeat(30)], [{ 'transfer-encoding': 'chunked' }, `${CHUNK}0\r\n\r\n`]];
    for (const [headers, status] of [[{}, 401], [{ ...BEARER, ...JSON_TYPE, 'x-timeout-ms': 100 }, 408]]) {
      for (const [framing, body] of framings) {
        const { socket, send, answer } = await server.upload('/tasks/sum_of_squares', { ...headers, ...framing }, body.slice(0, 12));
        assertProblem(await answer(AT_ONCE_MS), status);
        socket.write(body.slice(12));
        send('/ping');
        assert.equal((await answer(AT_ONCE_MS)).text, 'pong');
        socket.destroy();
      }
    }
  });

  test('a body that is whole but not one the task takes is refused as before', async () => {
    for (const [body, status] of [['{', 400], ['{"start":0}', 422]]) assertProblem(await server.post('/tasks/sum_of_squares', body, { ...BEARER, ...JSON_TYPE }), status);
  });

  // As many HTTP libraries do. If the connection were reset meanwhile, the answer would be lost.
  test('clients that read nothing until they have sent everything get their refusal', async () => {
    for (const size of [2_000_000, 12_000_000]) {
      for (const [path, headers, status] of [['/tasks/sum_of_squares', { ...BEARER, ...JSON_TYPE }, 413], ['/thumbnail?width=5', {}, 401], ['/nothing', {}, 404]]) {
        for (const framing of [{ 'content-length': size }, { 'transfer-encoding': 'chunked' }]) {
          const chunked = 'transfer-encoding' in framing;
          const { socket, answer } = await server.upload(path, { ...headers, ...framing });
          socket.pause();
          for (let left = size; left > 0; left -= 250_000) {
            const block = Buffer.alloc(250_000);
            if (!socket.write(chunked ? Buffer.concat([Buffer.from(`${block.length.toString(16)}\r\n`), block, Buffer.from('\r\n')]) : block)) {
              await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
            }
            await sleep(5);
          }
          if (chunked) socket.write('0\r\n\r\n');
          socket.resume();
          assertProblem(await answer(AT_ONCE_MS), status);
          socket.destroy();
        }
      }
    }
  });
});

inSeveralProcesses({}, (server) => {
  test('a thousand clients that have stopped hold nothing after their deadline', async (context) => {
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.state().gateway}/status`, 'utf8'))[1]) / 1024;
    const wave = async () => {
      const uploads = await Promise.all(Array.from({ length: 1_000 }, () => server.upload('/tasks/sum_of_squares', { ...JSON_TYPE, 'content-length': 30, 'x-timeout-ms': 2_000 }, '{"sta')));
      const statuses = await Promise.all(uploads.map(async ({ answer }) => (await answer()).status));
      // There may be no room for so many at once.
      assert.ok(statuses.every((status) => status === 408 || status === 503) && statuses.includes(408), JSON.stringify(statuses));
      await Promise.all(uploads.map(({ closed }) => closed(10_000)));
      return resident();
    };
    // What a process has once taken it keeps, so that a second wave tells whether it was free again.
    const [first, second, third] = [await wave(), await wave(), await wave()];
    context.diagnostic(`${first} MB, ${second} MB, ${third} MB`);
    assert.ok(third - first < 20, `${third - first} MB more`);
    assertAddsUp(await server.idle());
  });
});
