// Runs the native example as its README says, with the Ctrl-C that it waits for.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signalGroup, spawnGroup } from '../../../scripts/groups.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const env = { ...process.env, CARGO_TARGET_DIR: join(HERE, '..', '..', '..', 'target', 'examples') };
const WAITS = 'cancel: press Ctrl-C';

test('natively', { timeout: 600_000 }, async ({ signal }) => {
  // Ctrl-C goes to the whole group, so the program has one with cargo.
  const child = spawnGroup('cargo', ['run', '--quiet', '--release'], { cwd: join(HERE, 'native'), env, stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.exitCode === null && signalGroup(child.pid, 'SIGKILL');
  signal.addEventListener('abort', kill);
  process.once('exit', kill);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const waits = said.includes(WAITS);
    said += text;
    if (!waits && said.includes(WAITS)) signalGroup(child.pid, 'SIGINT');
  });
  await new Promise((resolve) => child.once('close', resolve));
  process.removeListener('exit', kill);
  signal.removeEventListener('abort', kill);
  assert.deepEqual(said.trimEnd().split('\n'), [
    'run: 333283335000',
    'gather: 333283335000',
    'map: 333283335000',
    'panic: the task panicked: attempt to divide by zero (src/main.rs:17:5)',
    'deadline: the deadline passed before the job was done',
    'back-pressure: the queue is full, try again later or wait for room with submit',
    'progress: 17984 primes, the last report was 199000 of 200000',
    WAITS,
    'cancelled',
  ]);
});
