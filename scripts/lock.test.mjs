import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { exclusively, take } from './lock.mjs';
import { temporary } from './testing/temporary.mjs';

const fresh = () => join(temporary(), 'lock');

// A process of its own that takes the lock, says so, and holds it.
async function other(file, env = process.env) {
  const program = `
    import { exclusively } from ${JSON.stringify(new URL('lock.mjs', import.meta.url).href)};
    await exclusively(${JSON.stringify(file)}, () => new Promise(() => { console.log('taken'); setInterval(() => {}, 1000); }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'], env });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const says = (what) => new Promise((resolve) => {
    const look = () => output.includes(what) && resolve();
    child.stdout.on('data', look);
    look();
  });
  const kill = () => new Promise((resolve) => child.once('close', resolve).kill('SIGKILL'));
  return { pid: child.pid, says, kill };
}

for (const [what, text] of Object.entries({ 'its own process': String(process.pid), 'a process that lives': String(process.ppid), 'no process': '999999999', nothing: '', nonsense: 'x\n' })) {
  test(`a file that names ${what} is no lock`, async () => {
    const file = fresh();
    writeFileSync(file, text);
    let inside = false;
    await exclusively(file, () => (inside = true));
    assert.ok(inside);
  });
}

test('a lock ends with a holder that is killed, and those who wait have it one after the other', async () => {
  const file = fresh();
  const holder = await other(file);
  await holder.says('taken');
  const waiters = [await other(file), await other(file)];
  for (const waiter of waiters) await waiter.says(`waiting for another offloop command (process ${holder.pid})`);
  assert.equal(take(file), null);
  await holder.kill();
  const first = await Promise.any(waiters.map((waiter) => waiter.says('taken').then(() => waiter)));
  assert.equal(take(file), null);
  assert.equal(Number(readFileSync(file, 'utf8')), first.pid);
  await first.kill();
  const [second] = waiters.filter((waiter) => waiter !== first);
  await second.says('taken');
  await second.kill();
  take(file)();
  assert.equal(existsSync(file), false);
});

test('what a holder starts does not keep its lock', async () => {
  const file = fresh();
  const release = take(file);
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  release();
  const again = take(file);
  assert.ok(again);
  again();
  child.kill('SIGKILL');
});

test('two holders never meet, however often the lock changes hands', async () => {
  const file = fresh();
  let inside = 0;
  const body = async () => {
    assert.equal((inside += 1), 1);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => exclusively(file, body)));
});

test('without the program flock, perl locks the same file', async () => {
  const folder = temporary();
  const perl = process.env.PATH.split(':').map((path) => join(path, 'perl')).find((path) => existsSync(path));
  if (!perl) return;
  symlinkSync(perl, join(folder, 'perl'));
  const file = fresh();
  const holder = await other(file, { PATH: folder });
  await holder.says('taken');
  assert.equal(take(file), null);
  await holder.kill();
  const release = take(file);
  const waiter = await other(file, { PATH: folder });
  await waiter.says('waiting for');
  release();
  await waiter.says('taken');
  await waiter.kill();
});

test('a file system without locks, and a machine without a program to lock, are told', () => {
  const folder = temporary();
  const path = process.env.PATH;
  try {
    process.env.PATH = folder;
    assert.throws(() => take(fresh()), /neither flock nor perl .* Install util-linux/);
    writeFileSync(join(folder, 'flock'), '#!/bin/sh\necho "flock: 3: No locks available" >&2\nexit 71\n');
    chmodSync(join(folder, 'flock'), 0o755);
    assert.throws(() => take(fresh()), /cannot lock .*No locks available/);
  } finally {
    process.env.PATH = path;
  }
});
