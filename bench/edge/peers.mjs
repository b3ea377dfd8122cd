// The servers that are compared: Offloop as a user starts it, the one written by hand, and Python's.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { config, service, settings, worker } from '../../scripts/config.mjs';
import { spawnGroup } from '../../scripts/groups.mjs';
import { at } from '../../scripts/paths.mjs';
import { answers, freePort } from '../../scripts/probe.mjs';
import { yieldToOthers } from '../../scripts/processes.mjs';
import { must, say } from '../../scripts/shell.mjs';
import workerd from 'workerd';
import { start } from '../../tests/edge/server.mjs';

const READY_MS = 30_000;
const LANES = 2;
const LANE_NICENESS = 10;
// As the edge function's own limit.
const INLINE_BELOW = 20_000;
const ALL = Number.MAX_SAFE_INTEGER;

// The names say in which mode: lanes in processes of their own, all work on them, or a single process without any.
export async function offloop() {
  // One after the other, since the first may have to build.
  const several = await start({ args: ['--lanes', `${LANES}`] });
  const lanes = await start({ args: ['--lanes', `${LANES}`, '--var', 'INLINE_BELOW:0'] });
  const alone = await start({ args: ['--lanes', '1'] });
  return { several, lanes, alone, one: await start({ args: ['--one-process'] }) };
}

// As `scripts/start.mjs` starts Offloop: the same runtime, date and flags, lanes behind Unix sockets, and as low a priority for them.
export async function hand() {
  const several = await byHand({ lanes: LANES, inlineBelow: INLINE_BELOW });
  const lanes = await byHand({ lanes: LANES, inlineBelow: -1 });
  return { several, lanes, one: await byHand({ lanes: 0, inlineBelow: ALL }) };
}

async function byHand({ lanes, inlineBelow }) {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-bench-'));
  const port = await freePort(0);
  for (const file of ['gateway.js', 'lane.js']) copyFileSync(at('bench', 'edge', 'hand', file), join(folder, file));
  const common = { ...settings(), vars: {} };
  const sockets = Array.from({ length: lanes }, (_, index) => join(folder, `lane-${index}`));
  const addresses = sockets.map((socket) => `unix:${socket}`);
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const gateway = worker({
    modules: ['gateway.js', 'lane.js'],
    settings: common,
    vars: { INLINE_BELOW: inlineBelow, LANES: lanes },
    bindings: addresses.map((_, index) => service(`LANE_${index}`, `LANE_${index}`)),
  });
  const services = addresses.map((address, index) => `(name = "LANE_${index}", external = (address = ${JSON.stringify(address)}, http = ()))`);
  const commands = addresses.map((address, index) => {
    const file = write(`lane-${index}.capnp`, config({ address, worker: worker({ modules: ['lane.js'], settings: common, vars: { ROLE: 'lane' } }), services: [] }));
    return [workerd.default, 'serve', file];
  });
  commands.push([workerd.default, 'serve', write('gateway.capnp', config({ address: `127.0.0.1:${port}`, worker: gateway, services }))]);
  const checks = sockets.map((socketPath) => ({ socketPath, path: '/' }));
  return running(commands, port, { checks, yielding: lanes, clean: () => rmSync(folder, { recursive: true, force: true }) });
}

// Nothing if there is no Python here. `npm` cannot bring it, so these columns are left empty then.
export async function python() {
  const folder = at('bench', 'edge', '.venv');
  const program = join(folder, 'bin', 'python');
  try {
    if (!existsSync(join(folder, 'ready'))) {
      say("installing Python's servers");
      await must('python3', ['-m', 'venv', folder], { quiet: true, label: 'python3 -m venv' });
      await must(program, ['-m', 'pip', 'install', '-q', '-r', at('bench', 'edge', 'python', 'requirements.txt')], { quiet: true, label: 'pip' });
      writeFileSync(join(folder, 'ready'), '');
    }
  } catch (error) {
    say(`without Python, since it cannot be installed: ${error.message}`);
    return {};
  }
  const one = async (module, { pool = 'none', workers = 1, loop = 'uvloop' } = {}) => {
    const port = await freePort(0);
    const options = ['--port', `${port}`, '--workers', `${workers}`, '--loop', loop, '--no-access-log', '--log-level', 'error'];
    const command = [program, '-m', 'uvicorn', `${module}:application`, ...options];
    return running([command], port, { cwd: at('bench', 'edge', 'python'), env: { ...process.env, POOL: pool, PYTHONDONTWRITEBYTECODE: '1' } });
  };
  return {
    recipe: await one('recipe'),
    threads: await one('best', { pool: 'threads' }),
    processes: await one('best', { pool: 'processes' }),
    // Computes in the event loop of each of several processes: nothing else is heard meanwhile.
    blocking: await one('best', { workers: availableParallelism() }),
  };
}

async function running(commands, port, { checks = [], yielding = 0, clean = () => {}, ...options }) {
  const children = commands.map(([program, ...args]) => spawnGroup(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options }));
  children.slice(0, yielding).forEach(({ pid }) => yieldToOthers(pid, LANE_NICENESS));
  const end = () => children.forEach(({ pid }) => {
    try {
      // The whole group: uvicorn has children of its own.
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended before.
    }
  });
  process.once('exit', end);
  const stop = async () => {
    process.removeListener('exit', end);
    const ended = children.map((child) => child.exitCode === null && child.signalCode === null && new Promise((resolve) => child.once('close', resolve)));
    end();
    await Promise.all(ended);
    clean();
  };
  try {
    const patience = AbortSignal.timeout(READY_MS);
    for (const check of [...checks, { host: '127.0.0.1', port, path: '/ping' }]) await answers({ ...check, status: 200 }, patience);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop, pids: children.map(({ pid }) => pid) };
}
