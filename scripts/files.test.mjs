import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { openFiles, room } from './files.mjs';

test('the limit is the hard one, whatever the soft one was', () => {
  const program = `import { openFiles } from ${JSON.stringify(new URL('files.mjs', import.meta.url).href)}; console.log(openFiles())`;
  const script = 'ulimit -Sn 100; ulimit -Hn 300; exec "$0" --input-type=module -e "$1"';
  assert.equal(execFileSync('sh', ['-c', script, process.execPath, program], { encoding: 'utf8' }).trim(), '300');
  assert.ok(openFiles() > 0);
});

test('what the limit allows is told, and too low a one refused', () => {
  assert.match(room(256, 2), /^room for 236 connections, or 78 that compute: a process may open 256 files; more end the gateway.*ulimit -n/);
  assert.equal(room(20_000, 0), 'room for 19980 connections: a process may open 20000 files');
  assert.match(room(Infinity, 2), /no limit/);
  assert.throws(() => room(40, 2), /a process may open 40 files here, and 64 are the least/);
});
