// `npm start`: installs, builds, and serves with a gateway process and one lane process per core, until it is told to stop.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, edgeFolder } from './build.mjs';
import { at } from './paths.mjs';
import { answers, freePort, freePorts } from './probe.mjs';
import { Processes } from './processes.mjs';
import { main, say, Stop } from './shell.mjs';
import { CPU_SECONDS, watch } from './watch.mjs';

const READY_MS = 30_000;
// Lanes yield to the gateway when there are more of them at work than cores.
const LANE_NICENESS = 10;

const HELP = `npm start -- [options]
  --lanes N         lane processes (default: one per core; or the variable LANES); with 0 the gateway computes by itself
  --cpu-limit N     seconds for which a lane process may compute without a pause before it is ended (default: 30)
  --one-process     gateway and lanes in one process, as in wrangler dev
  --port N          (default: the variable PORT, or 8787; 0 picks a free one)
  --var NAME:VALUE  overrides a variable of wrangler.toml; may be repeated
  --run-dir DIR     where process ids and configuration go (default: .run)
  --features a,b    further cargo features, for tests
  --inspect         a debugger's port for each process, on the loopback address; for tests: whoever connects may run anything`;

await main(async (args) => {
  const options = read(args);
  if (options.help) return console.log(HELP);
  if (process.platform === 'win32') throw new Stop('npm start needs Linux, macOS or WSL; on Windows use npx wrangler dev');
  const port = await freePort(options.port);
  const since = Date.now();
  await build({ features: options.features });
  await serve({ ...options, port: await freePort(port), since });
});

function read(args) {
  const string = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      lanes: string, port: string, 'cpu-limit': string, features: string, 'run-dir': string, 'one-process': { type: 'boolean' },
      inspect: { type: 'boolean' }, var: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' },
    },
  });
  return {
    help: values.help,
    lanes: values['one-process'] ? 0 : count('lanes', values.lanes ?? process.env.LANES ?? availableParallelism(), 0, 512),
    objects: values['one-process'] ?? false,
    cpuSeconds: count('cpu-limit', values['cpu-limit'] ?? CPU_SECONDS, 1, 86_400),
    port: count('port', values.port ?? process.env.PORT ?? 8787, 0, 65_535),
    features: values.features?.split(',') ?? [],
    vars: values.var ?? [],
    inspect: values.inspect ?? false,
    folder: resolve(values['run-dir'] ?? at('.run')),
  };
}

function count(name, text, least, most) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least || number > most) throw new Stop(`${name} must be a whole number from ${least} to ${most}, not ${text}`);
  return number;
}

async function serve({ folder, port, lanes, objects, cpuSeconds, features, vars, inspect, since }) {
  // Here, because its dependency is only installed by now.
  const { gatewayConfig, laneConfig, settings } = await import('./config.mjs');
  const url = `http://127.0.0.1:${port}`;
  const state = join(folder, 'state.json');
  const current = settings(vars);
  // Only this user may reach the lanes. Their sockets are Unix ones because workerd does not notice an aborted call on a TCP socket.
  const sockets = mkdtempSync(join(tmpdir(), 'offloop-'));
  const lane = Array.from({ length: lanes }, (_, index) => join(sockets, `lane-${index}`));

  mkdirSync(folder, { recursive: true });
  // A copy: a build made meanwhile must not mix with this one when a process is started again.
  for (const file of ['index.js', 'index_bg.wasm']) copyFileSync(join(edgeFolder(features), file), join(folder, file));
  copyFileSync(at('scripts', 'gateway.js'), join(folder, 'gateway.js'));
  const write = (name, text) => {
    // Variables may be secrets. The mode counts for new files only.
    rmSync(join(folder, name), { force: true });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const unix = lane.map((socket) => `unix:${socket}`);
  const gatewayFile = write('gateway.capnp', gatewayConfig({ address: `127.0.0.1:${port}`, lanes: unix, objects, settings: current }));
  const laneFiles = unix.map((address, index) => write(`lane-${index}.capnp`, laneConfig({ address, index, settings: current })));

  const processes = new Processes({ changed: report, folder: sockets });
  const inspectors = inspect ? await freePorts(lanes + 1) : [];
  function report() {
    const pids = lane.map((socket, index) => ({ pid: processes.pid(`lane ${index}`), socket }));
    writeFileSync(`${state}.new`, JSON.stringify({ url, pid: process.pid, gateway: processes.pid('gateway'), lanes: pids, inspectors }));
    renameSync(`${state}.new`, state);
  }

  const over = new AbortController();
  const clean = async () => {
    over.abort();
    await processes.stop();
    rmSync(state, { force: true });
  };
  const stopped = untilToldToStop(clean);
  const workerd = workerdProgram();
  const serving = (file, index) => [workerd, 'serve', file, ...(inspect ? [`--inspector-addr=127.0.0.1:${inspectors[index]}`] : [])];
  laneFiles.forEach((file, index) => {
    // A killed process leaves its socket's name behind, and the next could not bind it.
    const name = `lane ${index}`;
    processes.keep(name, serving(file, index + 1), { before: () => rmSync(lane[index], { force: true }), niceness: LANE_NICENESS });
    watch({ name, socketPath: lane[index], pid: () => processes.pid(name), seconds: cpuSeconds, over: over.signal });
  });
  processes.keep('gateway', serving(gatewayFile, 0));

  const checks = [...lane.map((socketPath) => ({ socketPath, path: '/' })), { host: '127.0.0.1', port, path: '/ping', status: 200 }];
  const patience = AbortSignal.any([over.signal, AbortSignal.timeout(READY_MS)]);
  try {
    await Promise.all(checks.map((check) => answers(check, patience)));
  } catch (error) {
    if (over.signal.aborted) return;
    await clean();
    throw error;
  }
  say(`${lanes ? `${lanes} lane process${lanes > 1 ? 'es' : ''}` : 'one process'}, started in ${Date.now() - since} ms`);
  console.log(`Ready on ${url}`);
  await stopped;
}

// npm's own link starts a node process that stays in between; signals must reach workerd itself.
function workerdProgram() {
  const machine = { x64: '64', arm64: 'arm64' }[process.arch];
  const program = at('node_modules', '@cloudflare', `workerd-${process.platform}-${machine}`, 'bin', 'workerd');
  if (!existsSync(program)) throw new Stop(`workerd has no build for ${process.platform} on ${process.arch}`);
  return program;
}

// Ends when a signal says so, when the terminal is gone, or when the npm that started us has vanished.
function untilToldToStop(clean) {
  return new Promise((resolve) => {
    let once = false;
    const stop = async () => {
      if (once) return;
      once = true;
      clearInterval(parent);
      await clean();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    process.stdout.on('error', stop);
    const { ppid } = process;
    const parent = setInterval(() => process.env.npm_lifecycle_event && process.ppid !== ppid && stop(), 1_000);
  });
}
