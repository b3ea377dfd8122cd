// Lanes can only be reached from inside, and bytes from anywhere do them no harm.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { send, sumOfSquares } from './client.mjs';
import { inBothModes, inSeveralProcesses } from './server.mjs';

// A number as the wire has it (LEB128).
function varint(number) {
  const bytes = [];
  let rest = BigInt(number);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

function frame(kind, fingerprint, messages) {
  return Buffer.concat([Buffer.from('OL\x02', 'latin1'), Buffer.from([kind]), fingerprint, Buffer.from(varint(messages.length)), ...messages.map(Buffer.from)]);
}

// A call of the task at this index, without a deadline, whose argument is these bytes.
const call = (id, task, input) => [...varint(id), ...varint(task), 0, ...varint(input.length), ...input, 0];
// The numbers from 0 up to this one, as a value: the mark of a range's fields, its fields, and the sum of their kinds.
const below = (end) => [0x02, 0x93, 0x29, 0x99, 0, ...varint(end), 0x5e, 0xd6, 0xa9, 0x4f];
const NOBODY = Buffer.alloc(8);

// Where short frames travel.
const FRAME = 'x-offloop-secret';
const inHeader = (bytes) => ({ [FRAME]: bytes.toString('base64') });

inBothModes({}, (server) => {
  test('frames posted to the public address find no lane', async () => {
    const bytes = frame(1, NOBODY, [call(1, 0, below(10))]);
    for (const path of ['/', '/lane', '/LANE_0', '/LANES', '/lane/0', '/async-cpu', '/tasks']) {
      const answer = await server.post(path, bytes, { 'content-type': 'application/x-offloop', ...inHeader(bytes) });
      assert.ok([404, 405].includes(answer.status), `${path}: ${answer.status}`);
      assert.equal(answer.headers[FRAME], undefined);
      assert.ok(!answer.bytes.subarray(0, 3).equals(Buffer.from('OL\x02', 'latin1')), 'the answer is a frame');
    }
    assert.equal((await server.stats()).submitted, 0);
  });

  test('what is no HTTP does no harm', async () => {
    for (let round = 0; round < 20; round += 1) {
      const socket = await server.open('/ping');
      socket.write(randomBytes(300));
      socket.end();
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    assert.equal((await server.get('/ping')).text, 'pong');
  });
});

inSeveralProcesses({}, (server) => {
  const post = (body, lane = 0) => send({ socketPath: server.state().lanes[lane].socket, agent: false, path: '/', method: 'POST', body });

  // A frame of another build is answered with the header of this one.
  async function fingerprint() {
    const { status, bytes } = await post(frame(1, NOBODY, []));
    assert.deepEqual([status, bytes.length, bytes[3]], [200, 13, 2]);
    return bytes.subarray(4, 12);
  }

  test('only this user may connect to a lane', () => {
    for (const { socket } of server.state().lanes) assert.equal(statSync(dirname(socket)).mode & 0o077, 0);
  });

  test('another build is told so, with the fingerprint of this one', async () => {
    const [one, other] = [await fingerprint(), await fingerprint()];
    assert.ok(one.equals(other) && !one.equals(NOBODY));
  });

  test('a good frame is answered', async () => {
    const bytes = frame(1, await fingerprint(), [call(7, 0, below(10_000)), call(8, 99, [])]);
    const { status, bytes: answer } = await post(bytes);
    // Two calls are answered bit by bit.
    assert.equal(status, 202);
    const sum = Buffer.from(varint(sumOfSquares(10_000)));
    assert.ok(answer.includes(sum) && answer.includes('at index 99'), answer.toString('hex'));
  });

  test('a good frame in a header is answered in one, and damaged ones are malformed', async () => {
    const ask = (text) => send({ socketPath: server.state().lanes[0].socket, agent: false, path: '/', method: 'POST', headers: { [FRAME]: text } });
    const good = frame(1, await fingerprint(), [call(7, 0, below(10_000))]).toString('base64');
    const sum = Buffer.from(varint(sumOfSquares(10_000)));
    // At once if another one came shortly before, which on a busy machine takes a few tries.
    const statuses = [];
    for (let n = 0; n < 100 && !statuses.includes(204); n += 1) {
      for (const { status, bytes, headers } of await Promise.all(Array.from({ length: 8 }, () => ask(good)))) {
        assert.ok((status === 204 ? Buffer.from(headers[FRAME], 'base64') : bytes).includes(sum), `${status}`);
        statuses.push(status);
      }
    }
    assert.ok(statuses.includes(204), `${statuses}`);
    for (const text of ['', '?', 'T0wB', good.slice(0, -4), good.replace(/.$/, '?'), 'A'.repeat(400)]) {
      const { status, text: why } = await ask(text);
      assert.ok(status === 400 && why.startsWith('malformed data: '), `${status} ${why} for ${text}`);
    }
    assert.ok([200, 204].includes((await ask(good)).status));
  });

  test('random and damaged bytes are malformed, and the lane goes on serving', async () => {
    const [before, ours] = [server.state().lanes[0].pid, await fingerprint()];
    const good = frame(1, ours, [call(7, 0, below(100)), call(8, 0, below(100))]);
    const damaged = Array.from({ length: 300 }, (_, index) => {
      // Behind the header, and nowhere where a number could become a large one.
      const bytes = index % 3 === 0 ? good.subarray(0, index % good.length) : Buffer.from(good);
      if (index % 3 === 1 && bytes.length) bytes[index % 12] ^= 1 << index % 8;
      return index % 3 === 2 ? Buffer.concat([bytes, randomBytes(1 + (index % 30))]) : bytes;
    });
    const noise = Array.from({ length: 200 }, (_, index) => randomBytes(index * 7));
    const headed = Array.from({ length: 100 }, (_, index) => Buffer.concat([good.subarray(0, 12), Buffer.from([0xff, 0x7f]), randomBytes(index)]));
    for (const bytes of [Buffer.alloc(0), ...damaged, ...noise, ...headed]) {
      const { status, text, bytes: answer } = await post(bytes);
      // A flipped bit of the fingerprint is another build.
      if (status === 200) assert.equal(answer.length, 13, `${bytes.toString('hex')} was taken for a good frame`);
      else assert.ok(status === 400 && text.startsWith('malformed data: '), `${status} ${text} for ${bytes.toString('hex')}`);
    }
    const { bytes: answer } = await post(good);
    assert.ok(answer.includes(Buffer.from(varint(sumOfSquares(100)))));
    assert.equal(server.state().lanes[0].pid, before, 'the process is the same as before');
  });

  test('a body that breaks off or is too large does no harm', async () => {
    const large = await post(Buffer.alloc(40 << 20)).catch(({ code }) => ({ status: code }));
    assert.ok([400, 413, 'EPIPE', 'ECONNRESET'].includes(large.status), `${large.status}`);
    assert.equal((await post(frame(1, NOBODY, []))).status, 200);
  });
});
