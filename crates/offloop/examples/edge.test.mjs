// Builds the edge example as `wrangler deploy` does, and asks it over HTTP on plain workerd.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'smol-toml';
import { config, worker } from '../../../scripts/config.mjs';
import { at } from '../../../scripts/paths.mjs';
import { workerd } from '../../../tests/conformance-edge/serve.mjs';
import { send } from '../../../tests/edge/client.mjs';

const EXAMPLE = fileURLToPath(new URL('edge', import.meta.url));
const READY_MS = 30_000;

let folder;
let child;
const get = (path) => send({ socketPath: join(folder, 'socket'), agent: false, path });
const kill = () => child?.kill('SIGKILL');

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'offloop-example-'));
    const env = { ...process.env, CARGO_TARGET_DIR: at('target', 'examples'), WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' };
    const wrangler = at('node_modules', 'wrangler', 'bin', 'wrangler.js');
    await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder], { cwd: EXAMPLE, env, maxBuffer: 1 << 24 });
    const { compatibility_date: date, compatibility_flags: flags } = parse(await readFile(join(EXAMPLE, 'wrangler.toml'), 'utf8'));
    // The first module is the one that is loaded.
    const modules = ['main.js', ...(await readdir(folder)).filter((file) => file.endsWith('.wasm'))];
    const bindings = ['(name = "LANE", durableObjectNamespace = "Lane")'];
    const main = worker({ modules, settings: { date, flags }, vars: {}, bindings, objects: true });
    const file = join(folder, 'config.capnp');
    await writeFile(file, config({ address: `unix:${join(folder, 'socket')}`, worker: main, services: [] }));
    child = spawn(workerd(), ['serve', file], { stdio: ['ignore', 'inherit', 'inherit'] });
    process.once('exit', kill);
    await ready();
  },
  { timeout: 600_000 },
);

after(async () => {
  if (child?.exitCode === null) await new Promise((resolve) => child.once('close', resolve).kill('SIGKILL'));
  process.removeListener('exit', kill);
  await rm(folder, { recursive: true, force: true });
});

async function ready() {
  const end = performance.now() + READY_MS;
  while ((await get('/').catch(() => null))?.status !== 404) {
    assert.ok(performance.now() < end && child.exitCode === null, 'workerd does not answer');
    await sleep(50);
  }
}

async function answers(path, status, text) {
  const answer = await get(path);
  assert.deepEqual([answer.status, answer.text], [status, `${text}\n`]);
}

test('at the edge, lanes count', async () => {
  await answers('/primes?below=1000000', 200, 78498);
  await answers('/divide?number=42&by=6', 200, 7);
});

test('at the edge, a panic is told, and the next request has a new instance', async () => {
  for (let time = 0; time < 3; time += 1) {
    await answers('/divide?by=0&ms=5000', 500, 'the task panicked: attempt to divide by zero (src/lib.rs:19:5)');
    await answers('/divide?by=3', 200, 2);
  }
});

test('at the edge, a deadline ends what has not begun', async () => {
  await answers('/primes?below=20000000&ms=50', 504, 'the deadline passed before the job was done');
  await answers('/primes?below=100', 200, 25);
});
