// A lane that is lost, or stands still, does not end a request that still has time.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertAddsUp, assertProblem, isAlive, sumOfSquares, until } from './client.mjs';
import { inSeveralProcesses } from './server.mjs';

const JSON_BODY = { 'content-type': 'application/json' };
const picture = readFileSync(fileURLToPath(new URL('../fixtures/pictures/baseline.jpg', import.meta.url)));
// Bodies of this size are passed on to a lane as they come.
const large = Buffer.concat([picture, Buffer.alloc(300_000)]);

// Processor time of a process so far, in clock ticks of 10 ms.
const ticks = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number).reduce((a, b) => a + b);

// The lanes, the one that computes first.
async function busiest(server) {
  const before = server.state().lanes.map(({ pid }) => [pid, ticks(pid)]);
  return until(20_000, 'a lane computes', async () => {
    const used = before.map(([pid, then]) => [pid, ticks(pid) - then]).sort(([, a], [, b]) => b - a);
    return used[0][1] >= 20 ? used.map(([pid]) => pid) : null;
  });
}

// Ends every lane process, also those that are started meanwhile.
async function keepAway(server, milliseconds) {
  const killed = new Set();
  for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(10)) {
    for (const { pid } of server.state().lanes) {
      if (!pid || killed.has(pid)) continue;
      killed.add(pid);
      process.kill(pid, 'SIGKILL');
    }
  }
}

const whole = (server) => until(20_000, 'both lanes are there', async () => (server.state().lanes.every(({ pid }) => pid && isAlive(pid)) ? true : null));

inSeveralProcesses({}, (server) => {
  const sum = (end) => server.post('/tasks/sum_of_squares', JSON.stringify({ start: 0, end }), JSON_BODY);

  test('lanes that are all away for three seconds cost nobody an answer', async () => {
    const number = 400_000_000;
    const asked = [
      ...Array.from({ length: 4 }, () => server.get(`/async-cpu?number=${number}`)),
      ...Array.from({ length: 4 }, () => server.post('/thumbnail?width=64', picture)),
      ...Array.from({ length: 4 }, () => sum(1_000)),
    ];
    await server.busy();
    const away = keepAway(server, 3_000);
    await sleep(1_000);
    const late = [server.get(`/async-cpu?number=${number}`), server.post('/thumbnail?width=64', picture), sum(1_000)];
    await away;
    for (const { status, headers, text } of await Promise.all([...asked, ...late])) {
      assert.equal(status, 200, text.slice(0, 300));
      if (headers['x-result']) assert.equal(headers['x-result'], sumOfSquares(number));
    }
    await whole(server);
    assertAddsUp(await server.idle());
  });

  test('without any lane a request ends at its deadline, not before', async () => {
    const away = keepAway(server, 2_500);
    await sleep(300);
    const start = performance.now();
    assertProblem(await server.post('/thumbnail?width=64', picture, { 'x-timeout-ms': '1500' }), 504, 'timed_out');
    assert.ok(performance.now() - start > 1_400);
    await away;
    await whole(server);
  });

  test('a job whose lane is ended soon is run again', async () => {
    const number = 1_000_000_000;
    const job = sum(number);
    const [victim] = await busiest(server);
    process.kill(victim, 'SIGKILL');
    const { status, text } = await job;
    assert.deepEqual([status, text], [200, sumOfSquares(number)]);
    await whole(server);
  });
});

inSeveralProcesses({ vars: { ATTEMPT_MAX_MS: '150' } }, (server) => {
  test('a job that has computed for as long as a lane may costs no second lane, whoever ended the first', async () => {
    const job = server.post('/tasks/sum_of_squares', '{"start":0,"end":1000000000}', JSON_BODY);
    const [victim, other] = await busiest(server);
    process.kill(victim, 'SIGKILL');
    const before = ticks(other);
    const problem = assertProblem(await job, 502, 'lost');
    assert.equal(problem.reason, 'overran');
    await sleep(500);
    assert.ok(ticks(other) - before < 20, 'the other lane computes');
    assert.ok(isAlive(other));
  });
});

inSeveralProcesses({}, (server) => {
  test('a lane that stands still costs nobody a large picture once that is known', async () => {
    const [{ pid }] = server.state().lanes;
    const post = () => server.post('/thumbnail?width=64', large);
    assert.equal((await post()).status, 200);
    process.kill(pid, 'SIGSTOP');
    const stopped = performance.now();
    let first;
    try {
      // Some of these go where nobody answers, since nobody knows that yet. With those that follow they are fewer than lanes may be sent at a time.
      first = Array.from({ length: 4 }, post);
      await sleep(500);
      for (let wave = 0; wave < 3; wave += 1) {
        for (const { status, text } of await Promise.all(Array.from({ length: 4 }, post))) assert.equal(status, 200, text.slice(0, 300));
      }
      // As long as the runtime waits for the rest of a request's head.
      await sleep(Math.max(0, 5_500 - (performance.now() - stopped)));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    for (const answer of await Promise.all(first)) {
      if (answer.status !== 200) assert.equal(assertProblem(answer, 503, 'lost').reason, 'body_gone');
    }
    assertAddsUp(await server.idle());
  });
});
