// Large bodies go on to a lane as they come, and whoever sends them is treated like everybody else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAddsUp, assertProblem, sumOfSquares, until } from './client.mjs';
import { inBothModes, inSeveralProcesses } from './server.mjs';

const picture = readFileSync(fileURLToPath(new URL('../fixtures/pictures/baseline.jpg', import.meta.url)));
// What follows a picture's end does not matter. Bodies of this size are passed on as they come, smaller ones are read.
const large = Buffer.concat([picture, Buffer.alloc(100_000)]);
const isPng = ({ bytes }) => bytes.subarray(1, 4).toString('latin1') === 'PNG';

/** A request that has sent `sent` bytes of a body of `length`. */
async function upload(port, length, sent) {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`POST /thumbnail?width=32 HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n\r\n`);
  socket.write(sent);
  return socket;
}

inBothModes({}, (server) => {
  test('a picture is the same whether or not its length is known', async () => {
    const ask = (body, headers) => server.post('/thumbnail?width=64&format=png', body, headers);
    const [read, passedOn, unknown] = [await ask(picture), await ask(large), await ask(picture, { 'transfer-encoding': 'chunked' })];
    assert.deepEqual([read.status, passedOn.status, unknown.status], [200, 200, 200], passedOn.text);
    assert.ok(isPng(read) && read.bytes.equals(passedOn.bytes) && read.bytes.equals(unknown.bytes));
  });

  test('what is no picture, or no question, is refused, and the connection goes on', async () => {
    assertProblem(await server.post('/thumbnail?width=64', Buffer.alloc(300_000)), 415);
    assertProblem(await server.post('/thumbnail?width=0', picture), 400);
    assertProblem(await server.post('/thumbnail?width=64', Buffer.alloc(0)), 415);
    assert.equal((await server.post('/thumbnail?width=64', picture)).status, 200);
  });

  test('uploads that break off do no harm', async () => {
    for (let round = 0; round < 10; round += 1) {
      const socket = await upload(server.port, large.length, large.subarray(0, 1 + round * 100));
      await until(5_000, 'it has reached the function', async () => ((await server.stats()).running > 0 ? true : null));
      socket.resetAndDestroy();
      await server.idle();
    }
    assert.equal((await server.post('/thumbnail?width=64', picture)).status, 200);
    assertAddsUp(await server.idle());
  });
});

inSeveralProcesses({ vars: { QUEUE: '8', INLINE_BELOW: '0' } }, (server) => {
  test('clients that send slowly keep nobody out but their like', async () => {
    const slow = await Promise.all(Array.from({ length: 12 }, () => upload(server.port, large.length, large.subarray(0, 100))));
    await until(5_000, 'as many are under way as may be', async () => ((await server.stats()).running >= 8 ? true : null));
    assertProblem(await server.post('/thumbnail?width=64', large), 503, 'full');
    assert.equal((await server.post('/thumbnail?width=64', picture)).status, 200, 'it is here before it waits for a lane');
    for (let round = 0; round < 5; round += 1) {
      const { status, headers } = await server.get('/async-cpu?number=1000000');
      assert.deepEqual([status, headers['x-result']], [200, sumOfSquares(1_000_000)]);
    }
    for (const socket of slow) socket.resetAndDestroy();
    assertAddsUp(await server.idle());
    assert.equal((await server.post('/thumbnail?width=64', picture)).status, 200);
  });

  test('kill -9 of the lanes during an upload is a typed error that says to send it again', async () => {
    const socket = await upload(server.port, large.length, large.subarray(0, 100));
    await server.busy();
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => (answer += text));
    for (const { pid } of server.state().lanes) process.kill(pid, 'SIGKILL');
    socket.write(large.subarray(100));
    await until(5_000, 'the answer', async () => (answer.includes('\r\n\r\n') && answer.includes('}') ? true : null));
    socket.destroy();
    assert.match(answer, /^HTTP\/1.1 503/);
    assert.match(answer, /^retry-after: 1\r$/im);
    assert.match(answer, /"kind":"lost","reason":"body_gone"/);
    await until(5_000, 'the service is whole', async () => ((await server.post('/thumbnail?width=64', picture)).status === 200 ? true : null));
    assertAddsUp(await server.idle());
  });
});

inSeveralProcesses({}, (server) => {
  test('kill -9 of a lane costs nobody a small picture', async () => {
    const [, { pid }] = server.state().lanes;
    const asked = Array.from({ length: 48 }, () => server.post('/thumbnail?width=64', picture));
    await server.busy();
    process.kill(pid, 'SIGKILL');
    for (const { status, text } of await Promise.all(asked)) assert.equal(status, 200, text.slice(0, 200));
    await until(5_000, 'the lane is back', async () => (server.state().lanes.every((lane) => lane.pid !== pid) ? true : null));
  });
});
