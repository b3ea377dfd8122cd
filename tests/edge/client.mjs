// Requests to a local server, and what tests ask of it again and again.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// One answer takes no longer than this, however busy the machine is.
const PATIENCE_MS = 60_000;

export function client(port) {
  const where = { host: '127.0.0.1', port };
  const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
  const get = (path, headers = {}, timeout = PATIENCE_MS) => send({ ...where, agent, path, headers, timeout });
  const json = async (path, headers) => {
    const answer = await get(path, { accept: 'application/json', ...headers });
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text);
  };
  return {
    get, json,
    post: (path, body, headers = {}) => send({ ...where, agent, path, method: 'POST', headers, body }),
    send: (options) => send({ ...where, agent, ...options }),
    stats: () => json('/stats'),
    // A request of which the caller holds the socket.
    open: async (path, headers = {}, method = 'GET') => {
      const socket = connect(where);
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('connect', resolve));
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: test\r\n${lines.join('')}\r\n`);
      return socket;
    },
    // A request of which the caller sends the body. `answer()` waits for the head of the answer and what it says has come with it.
    upload: (path, headers, first = '', method = 'POST') => upload(where, path, headers, first, method),
    // Until nothing waits or runs any more; gives the figures.
    idle: (within = 10_000) => until(within, 'nothing waits or runs', async () => {
      const stats = await json('/stats');
      return stats.queued + stats.running === 0 ? stats : null;
    }),
    // Until something runs.
    busy: () => until(10_000, 'something runs', async () => ((await json('/stats')).running > 0 ? true : null)),
  };
}

// Ends with an answer, or rejects if the connection breaks. `where` may be a port or a socketPath.
export function send({ body, ...where }) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const call = request({ timeout: PATIENCE_MS, ...where }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString(), ms: performance.now() - start });
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer from ${where.path} for too long`)));
    call.on('error', reject);
    call.end(body);
  });
}

async function upload(where, path, headers, first, method) {
  const socket = connect(where);
  const seen = { bytes: Buffer.alloc(0), closed: false };
  socket.on('error', () => {});
  socket.on('close', () => { seen.closed = true; });
  socket.on('data', (bytes) => { seen.bytes = Buffer.concat([seen.bytes, bytes]); });
  await new Promise((resolve) => socket.once('connect', resolve));
  const start = performance.now();
  const send = (target, { method = 'GET', headers = {} } = {}) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: test\r\n${lines.join('')}\r\n`);
  };
  send(path, { method, headers });
  if (first) socket.write(first);
  return {
    socket, send,
    closed: (within) => until(within, 'the connection is closed', async () => seen.closed || null),
    answer: (within = PATIENCE_MS) => until(within, `an answer from ${path}`, async () => {
      const end = seen.bytes.indexOf('\r\n\r\n');
      if (end < 0) return seen.closed ? assert.fail(`${path}: the connection was closed without an answer`) : null;
      const [status, ...lines] = seen.bytes.subarray(0, end).toString('latin1').split('\r\n');
      const answered = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s)).map(([name, value]) => [name.toLowerCase(), value]));
      const length = Number(answered['content-length'] ?? 0);
      const text = seen.bytes.subarray(end + 4, end + 4 + length).toString();
      if (text.length < length) return null;
      seen.bytes = seen.bytes.subarray(end + 4 + length);
      return { status: Number(status.split(' ')[1]), headers: answered, text, ms: performance.now() - start };
    }),
  };
}

// Asks until there is an answer other than null.
export async function until(within, what, ask) {
  const end = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined) return answer;
    if (performance.now() > end) assert.fail(`not within ${within} ms: ${what}`);
    await sleep(20);
  }
}

// A problem as RFC 9457 has it, with the status of its response.
export function assertProblem(answer, status, kind) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const problem = JSON.parse(answer.text);
  assert.equal(problem.status, status);
  assert.equal(problem.type, 'about:blank');
  assert.ok(problem.title && problem.detail, answer.text);
  if (kind) assert.equal(problem.kind, kind);
  if ([502, 503].includes(status)) assert.match(answer.headers['retry-after'], /^[1-9]\d?$/, 'it says when to come again');
  return problem;
}

export function assertAddsUp(stats) {
  const failed = Object.values(stats.failed).reduce((sum, count) => sum + count, 0);
  assert.equal(stats.submitted, stats.queued + stats.running + stats.finished + failed, JSON.stringify(stats));
}

// The sum of the squares of the numbers below n, by the formula.
export function sumOfSquares(n) {
  const m = BigInt(n);
  return m === 0n ? '0' : String(((m - 1n) * m * (2n * m - 1n)) / 6n);
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
