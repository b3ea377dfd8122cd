import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { alive, exclusively } from './lock.mjs';
import { Processes } from './processes.mjs';

const folder = () => mkdtempSync(join(tmpdir(), 'offloop-test-'));

async function until(what, condition, patience = 5_000) {
  for (const end = Date.now() + patience; !condition(); await sleep(10)) assert.ok(Date.now() < end, `${what} within ${patience} ms`);
}

test('a killed process is started again at once, and none is left after stop', async () => {
  const processes = new Processes({ changed: () => {}, folder: folder() });
  processes.keep('lane', ['sleep', '60']);
  const first = processes.pid('lane');
  process.kill(first, 'SIGKILL');
  await until('a successor', () => processes.pid('lane') && processes.pid('lane') !== first, 500);
  const second = processes.pid('lane');
  await processes.stop();
  assert.deepEqual([alive(first), alive(second)], [false, false]);
});

test('a process that is to yield has less of a claim than others, as a process and as a session', async () => {
  const processes = new Processes({ changed: () => {}, folder: folder() });
  processes.keep('lane', ['sleep', '60'], { niceness: 10 });
  const pid = processes.pid('lane');
  const group = existsSync(`/proc/${pid}/autogroup`) ? readFileSync(`/proc/${pid}/autogroup`, 'utf8') : null;
  const priority = getPriority(pid);
  await processes.stop();
  assert.equal(priority, 10);
  if (group !== null) assert.match(group, /nice 10$/m);
});

test('a process that keeps failing is not started in a spin', async () => {
  let starts = 0;
  const processes = new Processes({ changed: () => {}, folder: folder() });
  processes.keep('broken', ['false'], { before: () => (starts += 1) });
  await sleep(1_000);
  await processes.stop();
  assert.ok(starts >= 2 && starts <= 6, `${starts} starts in a second`);
});

test('a process that ignores SIGTERM is killed', async () => {
  const processes = new Processes({ changed: () => {}, folder: folder() });
  processes.keep('stubborn', ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done']);
  await sleep(100);
  const pid = processes.pid('stubborn');
  await processes.stop();
  assert.equal(alive(pid), false);
});

test('nothing outlives a keeper that is killed', async () => {
  const sockets = folder();
  const program = `
    import { Processes } from ${JSON.stringify(new URL('processes.mjs', import.meta.url).href)};
    const processes = new Processes({ changed: () => {}, folder: ${JSON.stringify(sockets)} });
    processes.keep('lane', ['sleep', '60']);
    console.log(processes.pid('lane'));`;
  const keeper = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(await new Promise((resolve) => keeper.stdout.once('data', resolve)));
  assert.ok(alive(pid));
  keeper.kill('SIGKILL');
  await until('the end of the lane', () => !alive(pid) && !existsSync(sockets));
});

test('one at a time, and the lock of a dead holder is taken over', async () => {
  const file = join(folder(), 'lock');
  const { pid } = spawn('true');
  await until('the end of the holder', () => !alive(pid));
  writeFileSync(file, String(pid));
  let inside = 0;
  const body = async () => {
    assert.equal((inside += 1), 1);
    await sleep(30);
    inside -= 1;
  };
  await Promise.all([exclusively(file, body), exclusively(file, body), exclusively(file, body)]);
  assert.equal(existsSync(file), false);
  rmSync(join(file, '..'), { recursive: true });
});
