// What the gateway and its lanes hold in memory, whatever is asked at once. An isolate on Cloudflare has 128 MB.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from './client.mjs';
import { inSeveralProcesses } from './server.mjs';

const MB = 1024;
const MORE = 100 * MB;
// An isolate may have 128 MB, and resident memory also counts what the engine has not collected yet.
const MORE_OF_LANE = 144 * MB;
const JSON_BODY = { 'content-type': 'application/json' };
const picture = readFileSync(fileURLToPath(new URL('../fixtures/pictures/baseline.jpg', import.meta.url)));
const largest = Buffer.concat([picture, Buffer.alloc((10 << 20) - picture.length)]);
const times = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** Resident memory in KiB, now and at its highest since it was last reset. */
const status = (pid, field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const highest = (pid) => status(pid, 'VmHWM');
const reset = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

inSeveralProcesses({}, (server) => {
  let gateway;
  let lanes;
  let idle;
  let idleLanes;

  before(async () => {
    ({ gateway, lanes } = server.state());
    lanes = lanes.map(({ pid }) => pid);
    // Code that has run once takes its memory.
    for (const path of ['/async-cpu?number=3000000', '/mandelbrot?width=64&height=64', '/async-io?seconds=0']) await server.get(path);
    for (let count = 0; count < 4; count += 1) await server.post('/thumbnail?width=64', picture);
    idle = status(gateway, 'VmRSS');
    idleLanes = lanes.map((pid) => status(pid, 'VmRSS'));
  });

  /** Does it, and holds the processes to their bounds meanwhile. */
  async function holds(context, act) {
    for (const pid of [gateway, ...lanes]) reset(pid);
    const result = await act();
    const more = highest(gateway) - idle;
    const moreOfLanes = lanes.map((pid, index) => highest(pid) - idleLanes[index]);
    context.diagnostic(`gateway ${Math.round(more / MB)} MB above idle, lanes ${moreOfLanes.map((kib) => Math.round(kib / MB))} MB`);
    assert.ok(more <= MORE, `the gateway took ${more} KiB more`);
    for (const kib of moreOfLanes) assert.ok(kib <= MORE_OF_LANE, `a lane took ${kib} KiB more`);
    await until(90_000, 'nothing is held any more', async () => {
      const { memory, shares } = await server.stats();
      return Object.values(memory).every((bytes) => bytes === 0) && shares.sharing + shares.waiting === 0 ? true : null;
    });
    return result;
  }

  /** Some are answered, and the others told to come again. */
  function assertServedOrFull(answers) {
    const served = answers.filter((answer) => answer.status === 200);
    assert.ok(served.length > 0, answers[0].text);
    for (const answer of answers) {
      if (answer.status === 200) continue;
      assert.equal(answer.status, 503, answer.text);
      assert.ok(Number(answer.headers['retry-after']) >= 1);
    }
    return served;
  }

  const CROWDS = [
    ['the largest pictures', 128, () => server.get('/mandelbrot?width=2048&height=2048&iterations=50')],
    ['pictures of usual size', 128, () => server.get('/mandelbrot')],
    ['tiles as JSON', 128, () => server.post('/tasks/tile', '{"left":-2,"top":-1,"step":0.01,"width":512,"height":512,"iterations":50}', JSON_BODY)],
    ['sums', 500, () => server.get('/async-cpu?number=3000000')],
    ['passwords', 32, () => server.post('/password/hash', '{"password":"x","memory_kib":65536,"iterations":1}', JSON_BODY)],
  ];
  test('crowds who ask for much at once are served or told to come again', async (context) => {
    for (const [what, count, ask] of CROWDS) {
      context.diagnostic(`${count} who ask for ${what}`);
      assertServedOrFull(await holds(context, () => times(count, ask)));
    }
  });

  // Answers to those who send for nothing come before they have sent it all. A client that does not look may lose them.
  const sent = (request) => request.catch(({ code }) => ({ status: 503, text: code, headers: { 'retry-after': '1' } }));

  test('crowds who send the largest file at once are served or told to come again', async (context) => {
    const served = assertServedOrFull(await holds(context, () => times(128, () => sent(server.post('/thumbnail?width=64', largest)))));
    assert.ok(served.every(({ headers }) => headers['content-type'] === 'image/jpeg'));
  });

  test('128 who send it without saying how long it is', async (context) => {
    await holds(context, () => times(128, () => sent(server.post('/thumbnail?width=64', largest, { 'transfer-encoding': 'chunked' }))));
  });

  test('128 who send much JSON at once', async (context) => {
    const body = JSON.stringify([largest.subarray(0, 700_000).toString('base64'), { width: 64 }]);
    await holds(context, () => times(128, () => sent(server.post('/tasks/thumbnail', body, JSON_BODY))));
  });

  /** Connections that have sent so much, and read nothing. */
  async function stalled(count, head, body = '') {
    const sockets = await times(count, () => new Promise((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
      socket.on('error', () => {});
      socket.pause();
    }));
    for (const socket of sockets) socket.write(`${head} HTTP/1.1\r\nHost: test\r\n${body && `Content-Type: application/json\r\nContent-Length: ${body.length * 2}\r\n`}\r\n${body}`);
    return sockets;
  }

  const STALLED = [
    ['do not read their picture', 128, 'GET /mandelbrot?width=2048&height=2048&iterations=50'],
    ['stop while they send little', 500, 'POST /tasks/sum_of_squares', '{"start":0'],
    ['stop while they send much', 128, 'POST /tasks/sum_of_squares', ' '.repeat(500_000)],
    ['stop while they send a file', 128, 'POST /thumbnail?width=64', ' '.repeat(5_000_000)],
  ];
  test('clients that stop reading or sending keep nobody out but their like', async (context) => {
    for (const [what, count, head, body] of STALLED) {
      context.diagnostic(`${count} who ${what}`);
      await holds(context, async () => {
        const sockets = await stalled(count, head, body);
        await sleep(3_000);
        const { status } = await server.get('/async-cpu?number=300000');
        assert.equal(status, 200, 'those who have a question are answered');
        for (const socket of sockets) socket.resetAndDestroy();
      });
    }
  });
});
