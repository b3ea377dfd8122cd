// Right answers, in each form; wrong questions are refused at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAddsUp, assertProblem, sumOfSquares } from './client.mjs';
import { inBothModes } from './server.mjs';

inBothModes({}, (server) => {
  test('ping answers pong', async () => {
    const { status, text } = await server.get('/ping');
    assert.deepEqual([status, text], [200, 'pong']);
  });

  test('async-io answers after its time, and not before', async () => {
    for (const [query, least] of [['', 1_000], ['?seconds=0', 0], ['?seconds=0.25', 250], ['?seconds=2', 2_000]]) {
      const { status, text, ms } = await server.get(`/async-io${query}`);
      assert.deepEqual([status, text], [200, 'Async IO']);
      // Timers count whole milliseconds.
      assert.ok(ms >= least - 2 && ms < least + 5_000, `${query} took ${ms} ms`);
    }
  });

  test('async-cpu is exact', async () => {
    const values = [
      ['', '333283335000'],
      ['?number=0', '0'],
      ['?number=1', '0'],
      ['?number=10000', '333283335000'],
      ['?number=20001', sumOfSquares(20_001)],
      ['?number=1000003', sumOfSquares(1_000_003)],
      ['?number=10000000', '333333283333335000000'],
    ];
    for (const [query, result] of values) {
      const { status, text, headers } = await server.get(`/async-cpu${query}`);
      assert.deepEqual([status, text, headers['x-result']], [200, 'Async CPU', result], query);
    }
  });

  test('async-cpu is exact for billions', { skip: !server.several && 'one thread would take a minute' }, async () => {
    const answer = await server.get('/async-cpu?number=3000000000', { 'x-timeout-ms': '300000' }, 300_000);
    assert.equal(answer.headers['x-result'], sumOfSquares(3_000_000_000));
  });

  test('async-cpu gives figures in JSON', async () => {
    const outcome = await server.json('/async-cpu?number=50000000');
    assert.deepEqual([outcome.number, outcome.result], [50_000_000, sumOfSquares(50_000_000)]);
    for (const name of ['queue_ms', 'run_ms', 'total_ms']) assert.ok(outcome[name] >= 0, `${name} is ${outcome[name]}`);
    assert.ok(outcome.lanes >= 1 && outcome.parts >= outcome.lanes && outcome.total_ms > 0, JSON.stringify(outcome));
  });

  test('async-cpu streams its progress', async () => {
    const { status, headers, text } = await server.get('/async-cpu?number=100000000', { accept: 'text/event-stream' });
    assert.deepEqual([status, headers['content-type']], [200, 'text/event-stream']);
    const events = text.trimEnd().split('\n\n').map((block) => /^(?:id: \w+\n)?event: (\w+)\ndata: (.*)$/.exec(block));
    const done = events.slice(0, -1).map(([, name, data]) => {
      assert.equal(name, 'progress');
      return JSON.parse(data).done;
    });
    assert.ok(done.length >= 3 && done.every((count, index) => index === 0 || count >= done[index - 1]), String(done));
    const [, name, data] = events.at(-1);
    assert.deepEqual([name, JSON.parse(data).result], ['result', sumOfSquares(100_000_000)]);
  });

  test('wrong questions are refused at once, and nothing is computed for them', async () => {
    const before = await server.idle();
    const numbers = ['abc', '-1', '1.5', '', '1e30', '1' + '0'.repeat(30), '1000000000001', '%31%20', '+5', '0x10', '١'];
    const wrong = [
      ...numbers.map((number) => `/async-cpu?number=${encodeURI(number)}`),
      '/async-cpu?number=1&number=1', '/async-cpu?number=1&number=2', '/async-cpu?nubmer=5', '/async-cpu?number',
      ...['abc', '-1', '', '1e1', '31', 'NaN', 'inf'].map((seconds) => `/async-io?seconds=${seconds}`),
      '/async-io?seconds=0&seconds=0', '/stats?x=1', '/probe?x=1',
    ];
    for (const path of wrong) {
      const answer = await server.get(path);
      const problem = assertProblem(answer, 400, 'parameter');
      assert.ok(problem.parameter && problem.allowed && problem.detail.includes(problem.allowed), answer.text);
      assert.ok(answer.ms < 2_000, `${path} took ${answer.ms} ms`);
    }
    const after = await server.stats();
    assert.deepEqual([after.submitted, after.queued, after.running], [before.submitted, 0, 0]);
  });

  test('what is not there is not found, and a wrong method is told the right ones', async () => {
    assertProblem(await server.get('/nothing'), 404, 'not_found');
    assertProblem(await server.get('/async-cpu/'), 404);
    for (const path of ['/ping', '/async-cpu', '/async-io', '/stats', '/probe', '/tasks']) {
      const answer = await server.post(path, '');
      assertProblem(answer, 405, 'method');
      assert.match(answer.headers.allow, /GET/);
    }
    assertProblem(await server.get('/async-cpu', { accept: 'image/png' }), 406);
  });

  test('any task can be asked by name', async () => {
    const tasks = await server.json('/tasks');
    assert.ok(tasks.some(({ name, idempotent }) => name === 'sum_of_squares' && idempotent), JSON.stringify(tasks));
    const headers = { 'content-type': 'application/json' };
    const sum = await server.post('/tasks/sum_of_squares', '{"start":0,"end":10000}', headers);
    assert.deepEqual([sum.status, sum.headers['content-type'], sum.text], [200, 'application/json', '333283335000']);
    const primes = await server.post('/tasks/count_primes', '100', headers);
    assert.deepEqual([primes.status, primes.text], [200, '25']);

    const path = '/tasks/sum_of_squares';
    assertProblem(await server.post('/tasks/nothing', '0', headers), 404, 'unknown_task');
    assertProblem(await server.get(path), 405);
    assertProblem(await server.post(path, '{"start":0', headers), 400, 'unreadable');
    assertProblem(await server.post(path, '[1]', headers), 422, 'unfit');
    assertProblem(await server.post(path, '{"start":0,"end":99999999999999999}', headers), 422);
    assertProblem(await server.post(path, '0', { 'content-type': 'text/plain' }), 415);
    assertProblem(await server.post(path, ' '.repeat(2 << 20), headers), 413);
    assertProblem(await server.post(path, '"' + '['.repeat(500_000), headers), 400);
  });

  test('who sends far too much hears so, and does not lose the answer with the connection', async () => {
    const much = ' '.repeat(8 << 20);
    for (let round = 0; round < 10; round += 1) {
      assertProblem(await server.post('/tasks/sum_of_squares', much, { 'content-type': 'application/json' }), 413);
      assertProblem(await server.post('/tasks', much, { 'content-type': 'application/json' }), 405);
    }
  });

  test('the figures add up', async () => {
    const stats = await server.idle();
    assertAddsUp(stats);
    assert.ok(stats.finished > 0 && stats.inline > 0 && stats.run_ms.max >= stats.run_ms.p50, JSON.stringify(stats));
  });

  test('the probe measures the lanes', async () => {
    const findings = await server.json('/probe');
    assert.ok(findings.lanes.length >= 2, JSON.stringify(findings));
    for (const lane of findings.lanes) {
      // In one process the clock may stand still for a whole computation.
      assert.ok(lane.name && lane.instance && lane.together_ms >= (server.several ? 1 : 0), JSON.stringify(lane));
      assert.equal(lane.shares_gateway, !server.several && lane.instance === findings.instance);
    }
    const instances = new Set(findings.lanes.map(({ instance }) => instance));
    if (server.several) assert.equal(instances.size, 2, 'each lane is a process of its own');
  });

  test('answers are no page and no cache entry', async () => {
    for (const path of ['/ping', '/async-cpu', '/nothing', '/async-cpu?number=x']) {
      const { headers } = await server.get(path);
      assert.deepEqual([headers['x-content-type-options'], headers['cache-control']], ['nosniff', 'no-store'], path);
    }
  });

  test('no other site may show the page in a frame', async () => {
    for (const path of ['/', '/?sw=off', '/app.js']) {
      const { status, headers } = await server.get(path);
      assert.deepEqual([status, headers['content-security-policy'], headers['x-frame-options']], [200, "frame-ancestors 'none'", 'DENY'], path);
    }
  });
});
