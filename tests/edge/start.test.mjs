// What only the real function and the real runtime show of `npm start`.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { spawnGroup } from '../../scripts/groups.mjs';
import { at } from '../../scripts/paths.mjs';
import { client, sumOfSquares, until } from './client.mjs';
import { start } from './server.mjs';

const PATIENCE = { timeout: 900_000 };

// A start that is to fail: what it said, and its exit code.
async function failing(...args) {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-test-'));
  const child = spawnGroup(process.execPath, [at('scripts', 'start.mjs'), '--port', '0', '--run-dir', folder, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  rmSync(folder, { recursive: true });
  return { code, said };
}

for (const [what, args, sentence] of [
  ['out of its range', ['--var', 'NUMBER_MAX:abc'], /NUMBER_MAX is "abc", it must be a whole number from 0 to \d+\. Correct it/],
  ['misspelled', ['--var', 'API_TOKN:secret'], /API_TOKN is no variable of this function, it must be one of .*API_TOKEN/],
  ['no usable token', ['--var', 'API_TOKEN:'], /API_TOKEN is not usable as a token/],
]) {
  for (const mode of [['--lanes', '1'], ['--one-process']]) {
    test(`a variable that is ${what} ends the start with its name: ${mode.join(' ')}`, PATIENCE, async () => {
      const { code, said } = await failing(...mode, ...args);
      assert.equal(code, 1, said);
      assert.match(said, sentence);
      assert.doesNotMatch(said, /secret|Ready on/);
    });
  }
}

test('a gateway that runs out of files is there again at once, each time, and its lanes are the same', PATIENCE, async () => {
  const server = await start({ args: ['--lanes', '2'], before: ['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh'] });
  try {
    assert.match(server.output(), /room for 236 connections, or 78 that compute: a process may open 256 files/);
    const { lanes } = server.state();
    for (let round = 0; round < 4; round += 1) {
      const { gateway } = server.state();
      const crowd = Array.from({ length: 400 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
      await until(20_000, 'another gateway', async () => ([null, gateway].includes(server.state().gateway) ? null : true));
      crowd.forEach((socket) => socket.destroy());
      const served = async () => (await client(server.port).get('/async-cpu?number=5000000').catch(() => null))?.headers['x-result'] === sumOfSquares(5_000_000) || null;
      await until(20_000, 'an answer', served);
    }
    assert.match(server.output(), /Too many open files/);
    assert.doesNotMatch(server.output(), /starting it again in/);
    assert.deepEqual(server.state().lanes, lanes);
  } finally {
    await server.stop();
  }
});

test('a gateway within its limit of files keeps every connection', PATIENCE, async () => {
  const server = await start({ args: ['--lanes', '2'], before: ['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh'] });
  try {
    const { gateway } = server.state();
    const waited = await Promise.all(Array.from({ length: 200 }, () => server.get('/async-io?seconds=1')));
    assert.ok(waited.every(({ status }) => status === 200));
    const answers = await Promise.all(Array.from({ length: 70 }, () => server.get('/async-cpu?number=3000000')));
    assert.deepEqual(new Set(answers.map(({ headers }) => headers['x-result'])), new Set([sumOfSquares(3_000_000)]));
    assert.equal(server.state().gateway, gateway);
  } finally {
    await server.stop();
  }
});
