// What goes wrong is said, and passes.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { edgeFolder } from '../../scripts/build.mjs';
import { assertAddsUp, assertProblem, isAlive, send, sumOfSquares, until } from './client.mjs';
import { inSeveralProcesses, withoutLanes } from './server.mjs';

const JSON_BODY = { 'content-type': 'application/json' };

inSeveralProcesses({ features: ['faults'] }, (server) => {
  const panic = (message) => server.post('/tasks/panic_with', JSON.stringify(message), JSON_BODY);

  test('a panic is 500 with its message, and the lane goes on', async () => {
    for (const message of ['on purpose', 'once more, with "quotes" and é']) {
      const problem = assertProblem(await panic(message), 500);
      assert.ok(problem.detail.includes(message), problem.detail);
    }
    const { headers } = await server.get('/async-cpu?number=5000000');
    assert.equal(headers['x-result'], sumOfSquares(5_000_000));
  });

  test('a panic does not take its neighbours with it', async () => {
    const work = Array.from({ length: 8 }, () => server.get('/async-cpu?number=60000000'));
    await server.busy();
    const panics = Array.from({ length: 3 }, () => panic('in the midst'));
    for (const answer of await Promise.all(panics)) assert.ok([500, 502, 503].includes(answer.status), answer.text);
    for (const answer of await Promise.all(work)) {
      assert.deepEqual([answer.status, answer.headers['x-result']], [200, sumOfSquares(60_000_000)], answer.text);
    }
    await until(10_000, 'the service is whole', async () => {
      const { status, headers } = await server.get('/async-cpu?number=1000000');
      return status === 200 && headers['x-result'] === sumOfSquares(1_000_000) ? true : null;
    });
    assertAddsUp(await server.idle());
  });
});

inSeveralProcesses({ features: ['faults'] }, (server) => {
  const run = (task, argument) => server.post(`/tasks/${task}`, JSON.stringify(argument), JSON_BODY);

  test('a task that takes all memory there is costs its own caller an answer, and the lane starts anew', async () => {
    const before = server.state().lanes.map(({ pid }) => pid);
    for (let round = 0; round < 3; round += 1) {
      const problem = assertProblem(await run('hoard', null), 502, 'lost');
      assert.match(problem.detail, /memory|trapped|unreachable/);
    }
    const answers = await Promise.all(Array.from({ length: 4 }, () => server.get('/async-cpu?number=5000000')));
    for (const { headers } of answers) assert.equal(headers['x-result'], sumOfSquares(5_000_000));
    assert.deepEqual(server.state().lanes.map(({ pid }) => pid), before, 'the processes are the same as before');
    assertAddsUp(await server.idle());
  });

  test('a result that is larger than a message may be is an error with its size, and the lane goes on', async () => {
    const { status, text } = await run('swell', 20_000_000);
    assert.deepEqual([status, text.length], [200, 4 * Math.ceil(20_000_000 / 3) + 2]);
    for (const bytes of [33_554_432, 90_000_000]) {
      const { kind, detail } = assertProblem(await run('swell', bytes), 502);
      // With the byte that says where its blob is.
      assert.deepEqual([kind, detail], ['malformed', `malformed data: a result of ${bytes + 1} bytes, an answer may have 33554432`]);
    }
    assert.equal((await server.get('/async-cpu?number=5000000')).headers['x-result'], sumOfSquares(5_000_000));
    assertAddsUp(await server.idle());
  });
});

withoutLanes({ features: ['faults'] }, (server) => {
  test('a task that takes all memory in the gateway itself costs those in it an answer, and a new instance goes on', async () => {
    const waiting = server.get('/async-io?seconds=5');
    await server.get('/ping');
    assert.ok([500, 502].includes((await server.post('/tasks/hoard', 'null', JSON_BODY)).status));
    assert.equal(assertProblem(await waiting, 502).kind, 'lost');
    assert.equal((await server.get('/ping')).text, 'pong');
  });

  test('a panic in the gateway itself is told to its caller and to all who waited, and a new instance goes on', async () => {
    const waiting = server.get('/async-io?seconds=5');
    // The two are accepted in the order in which they come, but on connections of their own.
    await server.get('/ping');
    const problem = assertProblem(await server.post('/tasks/panic_with', '"on purpose"', JSON_BODY), 500);
    assert.ok(problem.detail.includes('on purpose'), problem.detail);
    assert.equal(assertProblem(await waiting, 502).kind, 'lost');
    const { headers } = await server.get('/async-cpu?number=5000000');
    assert.equal(headers['x-result'], sumOfSquares(5_000_000));
  });

  test('so is one in a view that has not waited for anything', async () => {
    const waiting = server.get('/async-io?seconds=5');
    await server.get('/ping');
    const problem = assertProblem(await server.get('/panic'), 500);
    assert.ok(problem.detail.includes('in a view'), problem.detail);
    assert.equal(assertProblem(await waiting, 502).kind, 'lost');
    assert.equal((await server.get('/ping')).text, 'pong');
  });
});

inSeveralProcesses({ features: ['faults'] }, (server) => {
  test('kill -9 of a lane in mid-job: each caller gets the right answer or a typed error, and the service is whole again', async () => {
    for (let round = 0; round < 2; round += 1) {
      const number = 1_000_000_000;
      const work = Array.from({ length: 4 }, () => server.get(`/async-cpu?number=${number}`).then((answer) => ({ ...answer, at: performance.now() })));
      await server.busy();
      const { lanes } = server.state();
      const victim = lanes[round % lanes.length].pid;
      process.kill(victim, 'SIGKILL');
      const killed = performance.now();
      const whole = until(5_000, 'both lanes answer again', async () => {
        const { status, text } = await server.get('/probe', { accept: 'application/json' });
        const names = status === 200 ? new Set(JSON.parse(text).lanes.map(({ instance }) => instance)) : new Set();
        return names.size === 2 && !server.state().lanes.some(({ pid }) => pid === victim) ? true : null;
      });
      for (const answer of await Promise.all(work)) {
        if (answer.status === 200) assert.equal(answer.headers['x-result'], sumOfSquares(number));
        else {
          assertProblem(answer, answer.status);
          assert.ok(answer.status >= 500 && answer.at - killed < 3_000, `${answer.status} after ${answer.at - killed} ms`);
        }
      }
      await whole;
    }
    assertAddsUp(await server.idle());
  });

  test('kill -9 of a lane that runs a task which must not be run twice is a typed error, at once', async () => {
    const job = server.post('/tasks/never_end', 'null', JSON_BODY);
    await server.busy();
    const { lanes } = server.state();
    for (const { pid } of lanes) process.kill(pid, 'SIGKILL');
    const answer = await job;
    assertProblem(answer, 502, 'lost');
    await until(5_000, 'both lanes are back', async () => (server.state().lanes.every(({ pid }) => pid && isAlive(pid)) ? true : null));
    assert.equal((await server.get('/async-cpu?number=1000000')).headers['x-result'], sumOfSquares(1_000_000));
  });

  test('kill -9 of the gateway: it is back, and the lanes do not go on for nobody', async () => {
    const lost = server.get('/async-cpu?number=30000000000').then(() => 'answered', () => 'broken');
    await server.busy();
    process.kill(server.state().gateway, 'SIGKILL');
    assert.equal(await lost, 'broken');
    await until(5_000, 'the gateway answers', () => server.get('/ping').then(({ status }) => (status === 200 ? true : null), () => null));
    assert.equal((await server.get('/async-cpu?number=5000000')).headers['x-result'], sumOfSquares(5_000_000));
    assertAddsUp(await server.idle());
  });

  test('a task that never ends is over for its caller at the deadline, and others have the other lane', async () => {
    assertProblem(await server.post('/tasks/never_end', 'null', { ...JSON_BODY, 'x-timeout-ms': '300' }), 504, 'timed_out');
    const { status } = await server.get('/async-cpu?number=5000000', { 'x-timeout-ms': '5000' });
    assert.ok([200, 504].includes(status), `${status}`);
  });
});

inSeveralProcesses({ features: ['faults'], args: ['--cpu-limit', '1'] }, (server) => {
  test('a lane that does not come back from a task is ended and started again', async () => {
    const before = server.state().lanes.map(({ pid }) => pid);
    assertProblem(await server.post('/tasks/never_end', 'null', { ...JSON_BODY, 'x-timeout-ms': '300' }), 504, 'timed_out');
    await until(15_000, 'the stuck lane has been replaced', async () => {
      const { lanes } = server.state();
      return lanes.every(({ pid }) => pid) && lanes.some(({ pid }) => !before.includes(pid)) ? true : null;
    });
    assert.equal(server.state().lanes.filter(({ pid }) => !before.includes(pid)).length, 1, 'the other lane is the same as before');
    const answers = await Promise.all(Array.from({ length: 4 }, () => server.get('/async-cpu?number=5000000')));
    for (const { headers } of answers) assert.equal(headers['x-result'], sumOfSquares(5_000_000));
  });
});

inSeveralProcesses({}, (server) => {
  test('a lane that stands still is over for its callers at their deadline, and at work again when it goes on', async () => {
    const number = 2_000_000;
    const stopped = server.state().lanes[0].pid;
    process.kill(stopped, 'SIGSTOP');
    try {
      const answers = await Promise.all(Array.from({ length: 12 }, () => server.get(`/async-cpu?number=${number}`, { 'x-timeout-ms': '1500' })));
      for (const answer of answers) {
        if (answer.status === 200) assert.equal(answer.headers['x-result'], sumOfSquares(number));
        else assertProblem(answer, 504, 'timed_out');
      }
      assert.equal((await server.get('/ping')).text, 'pong');
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
    assertAddsUp(await server.idle());
    for (let round = 0; round < 10; round += 1) assert.equal((await server.get(`/async-cpu?number=${number}`)).headers['x-result'], sumOfSquares(number));
    assert.equal(server.state().lanes[0].pid, stopped, 'the process is the same as before');
  });

  test('a gateway that stands still answers what waited when it goes on', async () => {
    const { gateway } = server.state();
    process.kill(gateway, 'SIGSTOP');
    const waiting = Array.from({ length: 20 }, () => server.get('/async-cpu?number=1000000'));
    await sleep(500);
    process.kill(gateway, 'SIGCONT');
    for (const { status, headers } of await Promise.all(waiting)) assert.deepEqual([status, headers['x-result']], [200, sumOfSquares(1_000_000)]);
    assertAddsUp(await server.idle());
  });
});

inSeveralProcesses({}, (server) => {
  test('a lane of another build computes nothing, and every answer is right', async () => {
    // As in the midst of a deployment: with the tasks for tests its table is another one.
    for (const file of ['index.js', 'index_bg.wasm']) copyFileSync(join(edgeFolder(['faults']), file), join(server.folder, file));
    const before = server.state().lanes[0].pid;
    process.kill(before, 'SIGKILL');
    await until(10_000, 'the other build is up', async () => {
      const { pid, socket } = server.state().lanes[0];
      return pid && pid !== before && existsSync(socket) ? true : null;
    });
    const builds = await Promise.all(server.state().lanes.map(({ socket }) => fingerprint(socket)));
    assert.notEqual(builds[0], builds[1]);
    for (let round = 0; round < 10; round += 1) {
      const answer = await server.get(`/async-cpu?number=${5_000_000 + round}`);
      assert.deepEqual([answer.status, answer.headers['x-result']], [200, sumOfSquares(5_000_000 + round)], answer.text);
    }
    const stats = await server.idle();
    assertAddsUp(stats);
    assert.equal(stats.failed.skew ?? 0, 0, 'what the other build refused was computed in the gateway');
  });

  // The header of a frame from nowhere is answered with the lane's own.
  async function fingerprint(socketPath) {
    const body = Buffer.from([79, 76, 2, 1, ...Array(9).fill(0)]);
    const { bytes } = await send({ socketPath, agent: false, path: '/', method: 'POST', body });
    return bytes.subarray(4, 12).toString('hex');
  }
});
