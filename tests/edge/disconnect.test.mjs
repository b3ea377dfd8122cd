// A client that goes away cancels its jobs.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAddsUp, sumOfSquares, until } from './client.mjs';
import { inBothModes, inSeveralProcesses } from './server.mjs';

// The period of a stream's heartbeat, and as much again for a machine that is busy. The streams' own deadline is a minute.
const NOTICED_MS = 5_000;

const COMPUTATION = { path: '/async-cpu?number=1000000000000', headers: { accept: 'text/event-stream' } };
// Longer than the period of a heartbeat. Its lane goes on to the end, but the job is over.
const TASK = { path: '/tasks/spin', method: 'POST', headers: { accept: 'text/event-stream', 'content-type': 'application/json' }, body: '3000000000' };

// Clients that close their connection, as real ones do, when `begun` is over. Their system sends a FIN, and an RST only for what comes later.
const CLOSING = {
  'node:http': async (port, { body, ...options }, begun) => {
    const call = request({ host: '127.0.0.1', port, agent: false, ...options });
    call.on('error', () => {});
    call.end(body);
    await begun;
    call.destroy();
  },
  curl: async (port, { path, headers, body }, begun) => {
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const child = spawn('curl', ['-sN', '-o', '/dev/null', ...fields, ...(body ? ['-d', body] : []), `http://127.0.0.1:${port}${path}`]);
    await begun;
    // As Ctrl-C does.
    child.kill('SIGINT');
    await once(child, 'close');
  },
  'curl -m': async (port, { path, headers, body }, begun) => {
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const child = spawn('curl', ['-m', '1', '-sN', '-o', '/dev/null', ...fields, ...(body ? ['-d', body] : []), `http://127.0.0.1:${port}${path}`]);
    await Promise.all([begun, once(child, 'close')]);
  },
};

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
inSeveralProcesses({ features: ['faults'] }, (server) => {
  for (const [what, headers] of [['an answer', {}], ['a stream', { accept: 'text/event-stream' }]]) {
    test(`the jobs of clients that reset their connection while they wait for ${what} stop`, async () => {
      const before = await server.idle();
      const sockets = await Promise.all(Array.from({ length: 4 }, () => server.open('/async-cpu?number=10000000000', headers)));
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

  test('clients that close their connection stop the jobs of their streams within a heartbeat', async (context) => {
    for (const [what, leave] of Object.entries(CLOSING)) {
      if (what.startsWith('curl') && spawnSync('curl', ['--version']).error) {
        context.diagnostic('there is no curl here');
        continue;
      }
      for (const asked of [COMPUTATION, TASK]) {
        const before = await server.idle(60_000);
        const begun = until(10_000, 'it is at work', async () => ((await server.stats()).submitted > before.submitted ? true : null));
        await leave(server.port, asked, begun);
        const stats = await server.idle(NOTICED_MS);
        assert.ok(stats.failed.cancelled > before.failed.cancelled, `${what}: ${JSON.stringify(stats)}`);
        assertAddsUp(stats);
      }
    }
  });

  test('other clients are not touched', async () => {
    const other = server.get('/async-cpu?number=200000000');
    const socket = await server.open('/async-cpu?number=30000000000');
    await server.busy();
    socket.resetAndDestroy();
    const { status, headers } = await other;
    assert.deepEqual([status, headers['x-result']], [200, sumOfSquares(200_000_000)]);
    await server.idle();
  });

  test('clients that come and go in hundreds leave nothing behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 40 }, (_, index) => server.open(index % 2 ? '/async-cpu?number=10000000000' : '/async-io?seconds=30')));
      await sleep(30 * round);
      for (const socket of sockets) socket.resetAndDestroy();
    }
    const stats = await server.idle();
    assertAddsUp(stats);
    await idleProcesses(server.state());
    assert.equal((await server.get('/async-cpu?number=1000000')).headers['x-result'], sumOfSquares(1_000_000));
  });
});

inBothModes({}, (server) => {
  test('a client that closes only its sending side has its whole answer', async () => {
    for (const accept of ['text/plain', 'text/event-stream']) {
      const socket = await server.open('/async-cpu?number=100000000', { accept, connection: 'close' });
      let answer = '';
      socket.setEncoding('utf8').on('data', (text) => (answer += text));
      socket.end();
      await once(socket, 'close');
      assert.ok(answer.includes(sumOfSquares(100_000_000)), answer);
    }
  });
});
