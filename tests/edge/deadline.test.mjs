// A request ends at its deadline, and what it had started ends with it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAddsUp, assertProblem } from './client.mjs';
import { inBothModes } from './server.mjs';

inBothModes({ vars: { TIMEOUT_MAX_MS: '90000', TIMEOUT_MS: '1500' } }, (server) => {
  test('a computation past its deadline is 504, and its lanes are free again', async () => {
    const answer = await server.get('/async-cpu?number=1000000000000', { 'x-timeout-ms': '300' });
    assertProblem(answer, 504, 'timed_out');
    assert.ok(answer.ms < 5_000, `it took ${answer.ms} ms`);
    assertAddsUp(await server.idle());
    assert.equal((await server.get('/async-cpu?number=1000000')).status, 200);
  });

  test('a deployment has a deadline of its own', async () => {
    const answer = await server.get('/async-cpu?number=1000000000000');
    assertProblem(answer, 504, 'timed_out');
    assert.ok(answer.ms < 8_000, `it took ${answer.ms} ms`);
    await server.idle();
  });

  test('waiting ends at the deadline too', async () => {
    const answer = await server.get('/async-io?seconds=20', { 'x-timeout-ms': '200' });
    assertProblem(answer, 504, 'timed_out');
    assert.ok(answer.ms >= 198 && answer.ms < 5_000, `it took ${answer.ms} ms`);
  });

  test('a stream says that its time is over', async () => {
    const { status, text } = await server.get('/async-cpu?number=1000000000000', { 'x-timeout-ms': '400', accept: 'text/event-stream' });
    const [, name, data] = /event: (\w+)\ndata: (.*)\n\n$/.exec(text);
    assert.deepEqual([status, name, JSON.parse(data).kind], [200, 'problem', 'timed_out']);
    await server.idle();
  });

  test('a deadline that makes no sense is refused', async () => {
    for (const value of ['0', '-1', 'soon', '1.5', '90001', '9'.repeat(30), '']) {
      const answer = await server.get('/async-cpu?number=5', { 'x-timeout-ms': value });
      assert.equal(assertProblem(answer, 400, 'parameter').parameter, 'X-Timeout-Ms', value);
    }
  });
});

inBothModes({ features: ['faults'] }, (server) => {
  test('an answer that its client does not read ends at the deadline', async () => {
    const [bytes, json] = ['4000000', 'application/json'];
    const ask = async () => {
      const socket = await server.open('/tasks/swell', { 'content-type': json, 'content-length': bytes.length, 'x-timeout-ms': 3_000, connection: 'close' }, 'POST');
      socket.write(bytes);
      return socket;
    };
    const read = async (socket) => {
      let answer = '';
      socket.setEncoding('latin1').on('data', (text) => (answer += text));
      await once(socket, 'close');
      const [head, body] = answer.split('\r\n\r\n');
      assert.match(head, /^HTTP\/1.1 200 /);
      return { told: Number(/content-length: (\d+)/i.exec(head)[1]), came: body.length };
    };
    const whole = await read(await ask());
    assert.equal(whole.came, whole.told);
    const late = await ask();
    await sleep(6_000);
    const { told, came } = await read(late);
    assert.ok(told === whole.told && came < told, `${came} of ${told} bytes came`);
    assertAddsUp(await server.idle());
  });
});
