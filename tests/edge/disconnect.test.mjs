// A client that goes away cancels its jobs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAddsUp, sumOfSquares, until } from './client.mjs';
import { inSeveralProcesses } from './server.mjs';

// Processor time of a process so far, in clock ticks of 10 ms.
const ticks = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number).reduce((a, b) => a + b);

async function idleProcesses({ gateway, lanes }) {
  const pids = [gateway, ...lanes.map(({ pid }) => pid)];
  // A part that has begun on a lane, or is about to, is computed to its end.
  await until(30_000, 'the processes are idle', async () => {
    const before = pids.map(ticks);
    await sleep(500);
    return pids.every((pid, index) => ticks(pid) - before[index] <= 5) ? true : null;
  });
}

// Not in one process: there a long computation can keep the runtime from reading its sockets, so that it learns of no client's end.
inSeveralProcesses({}, (server) => {
  for (const [what, headers] of [['an answer', {}], ['a stream', { accept: 'text/event-stream' }]]) {
    test(`the jobs of clients that reset their connection while they wait for ${what} stop`, async () => {
      const before = await server.idle();
      const sockets = await Promise.all(Array.from({ length: 4 }, () => server.open('/async-cpu?number=300000000000', headers)));
      await server.busy();
      // Every request has at least one job.
      await until(10_000, 'all are at work', async () => ((await server.stats()).submitted >= before.submitted + 4 ? true : null));
      for (const socket of sockets) socket.resetAndDestroy();
      const stats = await server.idle();
      assert.ok(stats.failed.cancelled > before.failed.cancelled, JSON.stringify(stats));
      assertAddsUp(stats);
      await idleProcesses(server.state());
    });
  }

  test('other clients are not touched', async () => {
    const other = server.get('/async-cpu?number=200000000');
    const socket = await server.open('/async-cpu?number=300000000000');
    await server.busy();
    socket.resetAndDestroy();
    const { status, headers } = await other;
    assert.deepEqual([status, headers['x-result']], [200, sumOfSquares(200_000_000)]);
    await server.idle();
  });

  test('clients that come and go in hundreds leave nothing behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 40 }, (_, index) => server.open(index % 2 ? '/async-cpu?number=300000000000' : '/async-io?seconds=30')));
      await sleep(30 * round);
      for (const socket of sockets) socket.resetAndDestroy();
    }
    const stats = await server.idle();
    assertAddsUp(stats);
    await idleProcesses(server.state());
    assert.equal((await server.get('/async-cpu?number=1000000')).headers['x-result'], sumOfSquares(1_000_000));
  });
});
