// What requests leave behind in the gateway and in a lane, seen by what is still alive after a collection.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { live } from './inspector.mjs';
import { inSeveralProcesses } from './server.mjs';

// Compiled code comes and goes; a request that left something behind would show in these.
const KINDS = ['Error', 'Promise', 'closure', 'AbortController', 'workerd / DOMException', 'workerd / AbortSignal', 'Response', 'Request', 'ReadableStream', 'ReadableStreamDefaultReader', 'ArrayBuffer'];
const LOOSE = 8;

inSeveralProcesses({ args: ['--inspect'] }, (server) => {
  const gone = async (headers) => {
    const socket = await server.open('/async-cpu?number=30000000000', headers);
    await sleep(30);
    socket.resetAndDestroy();
  };
  const kinds = {
    // Its lanes answer in streams, with the last reply before the end.
    'computations on several lanes': () => server.get('/async-cpu?number=3000000'),
    'computations past their deadline': () => server.get('/mandelbrot?width=2048&height=2048&iterations=953', { 'x-timeout-ms': '30' }),
    'clients that go away': () => gone({}),
    'clients that go away from a stream': () => gone({ accept: 'text/event-stream' }),
    'uploads that break off': async () => {
      const socket = await server.open('/thumbnail?width=32', { 'content-type': 'image/jpeg', 'content-length': '4000000' }, 'POST');
      socket.write(Buffer.alloc(300_000, 0xff));
      await sleep(30);
      socket.resetAndDestroy();
    },
    'what waits': () => server.get('/async-io?seconds=0.01'),
    'refused input': () => server.post('/tasks/sum_of_squares', '{', { 'content-type': 'application/json' }),
  };

  for (const [name, ask] of Object.entries(kinds)) {
    test(`${name} leave nothing behind`, async () => {
      const counted = async () => {
        for (let count = 0; count < 40; count += 1) await ask();
        await server.idle(30_000);
        await sleep(500);
        const [gateway, lane] = server.state().inspectors;
        return { gateway: await live(gateway), lane: await live(lane) };
      };
      await counted();
      const [before, after] = [await counted(), await counted()];
      for (const where of ['gateway', 'lane']) {
        for (const kind of KINDS) {
          const more = (after[where].kinds[kind] ?? 0) - (before[where].kinds[kind] ?? 0);
          assert.ok(more <= LOOSE, `${more} more of ${kind} in the ${where} after 40 requests`);
        }
        assert.equal(after[where].wasm, before[where].wasm, where);
      }
    });
  }

  // One in fifty comes at the moment that matters, when its lane waits for the event loop in between two calls.
  test('callers that go away while their answers stream leave no request behind in a lane', async () => {
    const clients = Array.from({ length: 6 }, async () => {
      for (let count = 0; count < 60; count += 1) await server.get('/mandelbrot?width=640&height=480&iterations=10000&x=-0.1&y=0.8', { 'x-timeout-ms': '60' });
    });
    await Promise.all(clients);
    await server.idle(30_000);
    await sleep(500);
    const { kinds } = await live(server.state().inspectors[1]);
    assert.ok((kinds['workerd / Request'] ?? 0) <= 1, `${kinds['workerd / Request']} requests are alive`);
  });
});
