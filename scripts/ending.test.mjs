// `npm start` is told to end before it serves: nothing is left behind.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inClone, until } from './testing/clone.mjs';

const STUBBORN = 'trap "" TERM INT HUP; while :; do sleep 1; done';
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL']) {
  for (const [what, program, compiler, prepare] of [
    ['a build', 'cargo', STUBBORN, (clone) => clone.write('build/build-id.txt', 'another')],
    ['the installation of packages', 'npm', 'sleep 60', (clone) => unlinkSync(clone.at('node_modules'))],
    ['the installation of a tool', 'cargo', 'sleep 60', (clone) => rmSync(clone.tools, { recursive: true })],
  ]) {
    inClone(`${signal} during ${what} ends everything that was started`, async (clone) => {
      prepare(clone);
      clone.program('compiler', compiler);
      clone.program(program, `case $1 in --version) echo cargo 1.95.0; exit;; esac; ${clone.at('bin', 'compiler')} & echo $! > ${clone.at('started')}; wait`);
      const start = clone.run([]);
      await until('the compiler', () => existsSync(clone.at('started')) && clone.processes().length >= 3);
      start.child.kill(signal);
      assert.notEqual(await start.code, 0);
      await until('nothing is left', () => clone.processes().length === 0, 1_000);
    });
  }
}

inClone('a signal before everything answers ends the start in silence', async (clone) => {
  clone.write('build/index.js', 'export default { fetch: () => new Promise((resolve) => setTimeout(resolve, 60_000)) };');
  const start = clone.run(['--run-dir', clone.at('own')]);
  await until('a gateway', () => existsSync(clone.at('own', 'state.json')));
  await sleep(300);
  assert.equal(await start.stop(), 143);
  assert.doesNotMatch(start.output, /Ready|answer|^\s+at /m);
  assert.deepEqual(readdirSync(clone.at('own')), []);
});
