// Serves the worker that keeps promises on plain workerd.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { settings } from '../../scripts/config.mjs';
import { at } from '../../scripts/paths.mjs';
import { send } from '../edge/client.mjs';
import { BUILT } from './build.mjs';

const LANES = 2;
const READY_MS = 30_000;

// `mode` is 'one script', 'one process' or 'several processes'.
export async function serve(mode) {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-promises-'));
  const several = mode === 'several processes';
  const sockets = several ? Array.from({ length: LANES }, (_, index) => join(folder, `lane-${index}`)) : [];
  const gateway = join(folder, 'gateway');
  const children = [];
  let said = '';
  const start = (name, text) => {
    const file = join(folder, `${name}.capnp`);
    writeFileSync(file, text);
    const child = spawn(workerd(), ['serve', `--import-path=${BUILT}`, file], { stdio: ['ignore', 'ignore', 'pipe'] });
    // Panics are part of the suite: what is said of them is only of interest if nothing else is said.
    child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-5_000)));
    children.push(child);
  };
  const stop = async () => {
    await Promise.all(children.map((child) => child.exitCode === null && new Promise((resolve) => child.once('close', resolve).kill('SIGKILL'))));
    process.removeListener('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  const kill = () => children.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', kill);

  sockets.forEach((socket, index) => start(`lane-${index}`, config([service('main', worker(['(name = "IS_LANE", text = "yes")']))], socket)));
  const far = several ? sockets.map((socket, index) => `(name = "LANE_${index}", external = (address = "unix:${socket}", http = ()))`) : [];
  // Of their own, so that a panic ends their instance and not the gateway's; as `npm run deploy -- --two-scripts` has it.
  if (mode === 'one process') far.push(service('lanes', worker([], OBJECTS)));
  const bindings = several
    ? sockets.map((_, index) => `(name = "LANE_${index}", service = "LANE_${index}")`)
    : [`(name = "LANE", durableObjectNamespace = (className = "Lane", serviceName = "${mode === 'one process' ? 'lanes' : 'main'}"))`];
  start('gateway', config([service('main', worker(bindings, mode === 'one script' ? OBJECTS : '')), ...far], gateway));

  const get = (path) => send({ socketPath: gateway, agent: false, path });
  await ready(get, children).catch(async (error) => {
    await stop();
    throw new Error(`${error.message}\n${said}`);
  });
  return { get, stop };
}

async function ready(get, children) {
  const end = performance.now() + READY_MS;
  for (;;) {
    const answer = await get('/promises').catch(() => null);
    if (answer?.status === 200) return;
    if (performance.now() > end || children.some(({ exitCode }) => exitCode !== null)) {
      throw new Error(`workerd does not answer: ${answer?.text ?? 'no connection'}`);
    }
    await sleep(50);
  }
}

export function workerd() {
  const machine = { x64: '64', arm64: 'arm64' }[process.arch];
  return at('node_modules', '@cloudflare', `workerd-${process.platform}-${machine}`, 'bin', 'workerd');
}

const OBJECTS = `
      durableObjectNamespaces = [(className = "Lane", uniqueKey = "promises")],
      durableObjectStorage = (inMemory = void),`;

const service = (name, definition) => `(name = "${name}", worker = ${definition})`;

function worker(bindings, objects = '') {
  const { date, flags } = settings();
  return `(
      modules = [(name = "index.js", esModule = embed "/index.js"), (name = "index_bg.wasm", wasm = embed "/index_bg.wasm")],
      compatibilityDate = "${date}",
      compatibilityFlags = ${JSON.stringify(flags)},
      bindings = [${bindings.join(', ')}],${objects}
    )`;
}

function config(services, socket) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${[...services, '(name = "internet", network = (allow = []))'].join(', ')}],
  sockets = [(name = "http", address = "unix:${socket}", http = (), service = "main")],
);
`;
}
