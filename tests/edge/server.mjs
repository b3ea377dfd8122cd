// Starts the edge function as a user would, for one test file, and ends it whatever happens.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { spawnGroup } from '../../scripts/groups.mjs';
import { client } from './client.mjs';

const ROOT = process.env.OFFLOOP_ROOT ?? dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// Building is part of it if nobody has built before.
const READY_MS = 900_000;
const FIRST_PORT = 9200;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export const MODES = [
  { mode: 'several processes', args: ['--lanes', '2'] },
  { mode: 'one process', args: ['--one-process'] },
];

// The same tests against a gateway with two lane processes and against a single process. `define` gets the server, which is filled in
// before the first test runs.
export function inBothModes(options, define) {
  for (const mode of MODES) inMode(mode, options, define);
}

export function inSeveralProcesses(options, define) {
  inMode(MODES[0], options, define);
}

export function withoutLanes(options, define) {
  inMode({ mode: 'no lanes', args: ['--lanes', '0'] }, options, define);
}

function inMode({ mode, args }, { args: more = [], vars = {}, features = [] }, define) {
  describe(mode, () => {
    const server = { mode, several: args[0] === '--lanes' && args[1] !== '0' };
    before(async () => Object.assign(server, await start({ args: [...args, ...more], vars, features })), { timeout: READY_MS });
    after(() => server.stop?.());
    define(server);
  });
}

// `before` are the words of a command that starts what follows.
export async function start({ args = [], vars = {}, features = [], before = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-test-'));
  const port = await freePort(FIRST_PORT + (process.pid % 90));
  const options = [...args, '--port', String(port), '--run-dir', folder];
  for (const [name, value] of Object.entries(vars)) options.push('--var', `${name}:${value}`);
  if (features.length) options.push('--features', features.join(','));
  const [program, ...words] = [...before, process.execPath, join(ROOT, 'scripts', 'start.mjs'), ...options];
  const child = spawnGroup(program, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });

  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  // Also if this process is told to end in the midst of a test.
  const kill = () => child.exitCode === null && child.signalCode === null && child.kill('SIGKILL');
  const told = () => process.exit(1);
  process.once('exit', kill);
  for (const signal of SIGNALS) process.once(signal, told);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    process.removeListener('exit', kill);
    for (const signal of SIGNALS) process.removeListener(signal, told);
    rmSync(folder, { recursive: true, force: true });
  };
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (output.includes('Ready on ')) resolve();
      });
    }
    ended.then((code) => reject(new Error(`the server ended with ${code} before it was ready:\n${output}`)));
  });
  return {
    ...client(port), port, folder, stop, ended,
    pid: child.pid,
    output: () => output,
    // Process ids: of the supervisor, the gateway, and each lane with its socket.
    state: () => JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')),
  };
}

function freePort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(freePort(port + 1)) : reject(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}
