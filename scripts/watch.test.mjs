import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, fromPs, watch } from './watch.mjs';
import { temporary } from './testing/temporary.mjs';

async function until(what, condition, patience = 30_000) {
  for (const end = Date.now() + patience; !condition(); await sleep(20)) assert.ok(Date.now() < end, `${what} within ${patience} ms`);
}

const SPIN = 'while :; do :; done';

// A watched process, behind a socket that is silent or not.
async function watched(script, { isSilent = true, ...options }) {
  const socketPath = join(temporary(), 'lane');
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (!isSilent) response.end();
  }).listen(socketPath);
  const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
  const over = new AbortController();
  const watching = watch({ name: 'lane', socketPath, pid: () => (child.signalCode === null ? child.pid : null), seconds: 1, over: over.signal, ...options });
  const stop = async () => {
    over.abort();
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    await watching;
  };
  return { child, stop, asked: () => asked };
}

test('a process that computes for its time and does not answer is ended', async () => {
  const { child, stop } = await watched(SPIN, {});
  await until('its end', () => child.signalCode === 'SIGKILL');
  await stop();
});

test('a process that takes no processor time is left alone, however long it is silent', async () => {
  const asleep = await watched('sleep 60', {});
  const stopped = await watched(SPIN, {});
  stopped.child.kill('SIGSTOP');
  await sleep(4_000);
  assert.deepEqual([asleep.child.signalCode, stopped.child.signalCode], [null, null]);
  // It goes on, and its time with it.
  stopped.child.kill('SIGCONT');
  await until('the end of the one that computes', () => stopped.child.signalCode === 'SIGKILL');
  await asleep.stop();
  await stopped.stop();
});

test('a process that computes and answers is left alone', async () => {
  const { child, stop, asked } = await watched(SPIN, { isSilent: false });
  await until('three questions', () => asked() >= 3);
  assert.equal(child.signalCode, null);
  await stop();
});

test('the time of a predecessor does not count', async () => {
  let time = 100;
  const pids = [11, 11, 12, 12];
  const { child, stop } = await watched('sleep 60', { pid: () => pids.shift() ?? 13, cpuTime: () => (time += 0.4) });
  await sleep(3_000);
  assert.equal(child.signalCode, null);
  await stop();
});

test('the time comes from the system, and from ps where it has no /proc', () => {
  const end = Date.now() + 1_200;
  while (Date.now() < end) Math.sqrt(end);
  const own = cpuSeconds(process.pid);
  assert.ok(own > 0.5, `${own} s`);
  if (spawnSync('ps', ['--version']).status === null) return;
  const byPs = cpuSeconds(process.pid, { proc: '/nowhere' });
  assert.ok(Math.abs(byPs - own) <= 1.1, `${byPs} s, not ${own} s`);
  assert.equal(cpuSeconds(999_999_999), 0);
  assert.equal(cpuSeconds(999_999_999, { proc: '/nowhere' }), 0);
});

test('a name with blanks and brackets does not shift the fields', () => {
  const proc = temporary();
  for (const name of ['self', '7']) {
    spawnSync('mkdir', [join(proc, name)]);
    writeFileSync(join(proc, name, 'stat'), '7 (a) 9 (b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 100 1 1');
  }
  assert.equal(cpuSeconds(7, { proc }), 2);
});

test('every way in which ps writes a time is understood', () => {
  assert.deepEqual(['0:00.05', '12:34.50', '123:00.00', '00:00:07', '01:02:03', '2-03:04:05'].map(fromPs), [0.05, 754.5, 7_380, 7, 3_723, 183_845]);
});
