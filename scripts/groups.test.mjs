import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup, isAlive, spawnGroup } from './groups.mjs';

const SHELL = new URL('shell.mjs', import.meta.url).href;
const STUBBORN = 'trap "" TERM INT HUP; sleep 60 & echo $$; while :; do sleep 1; done';

async function until(what, condition, patience = 10_000) {
  for (const end = Date.now() + patience; !condition(); await sleep(10)) assert.ok(Date.now() < end, `${what} within ${patience} ms`);
}

// A command that runs a program which ignores what it is told, and has a child; gives the command and the group's leader.
async function command(body) {
  const program = `import { main, run } from ${JSON.stringify(SHELL)}; await main(async () => { ${body} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const code = new Promise((resolve) => child.once('close', resolve));
  const leader = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
  assert.ok(isAlive(leader));
  return { child, code, leader };
}

const RUN = `await run('sh', ['-c', ${JSON.stringify(STUBBORN)}]);`;

for (const [signal, expected] of Object.entries({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 })) {
  test(`${signal} to a command ends what it runs, with all of its children, and stands in the exit code`, async () => {
    const { child, code, leader } = await command(RUN);
    child.kill(signal);
    assert.equal(await code, expected);
    assert.equal(isAlive(leader), false);
  });
}

test('what a command runs ends with it when it is killed', async () => {
  const { child, leader } = await command(RUN);
  child.kill('SIGKILL');
  await until('its end', () => !isAlive(leader));
});

test('a second signal is obeyed at once', async () => {
  const { child, code, leader } = await command(RUN);
  child.kill('SIGINT');
  await sleep(100);
  child.kill('SIGINT');
  assert.equal(await code, 130);
  await until('its end', () => !isAlive(leader));
});

test('a command that was interrupted starts nothing more', async () => {
  const { child, code } = await command(`console.log((await run('sh', ['-c', 'echo $$; sleep 60'])).code); await run('sh', ['-c', 'echo more']);`);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.kill('SIGTERM');
  assert.equal(await code, 143);
  assert.equal(output, '');
});

test('a group that ends when it is asked to is not waited for any longer', async () => {
  const child = spawnGroup('sh', ['-c', 'sleep 60 & wait'], { stdio: 'ignore' });
  await sleep(100);
  const since = Date.now();
  await endGroup(child.pid);
  assert.ok(Date.now() - since < 2_000);
  assert.equal(isAlive(child.pid), false);
});
