// One instance of `npm start`: its folder, its sockets and its processes. Nothing of it is shared with another instance.
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeFolder } from './build.mjs';
import { holder, take } from './lock.mjs';
import { at } from './paths.mjs';
import { answers, freePorts } from './probe.mjs';
import { Processes } from './processes.mjs';
import { say, sentence, Stop } from './shell.mjs';
import { watch } from './watch.mjs';

const READY_MS = 30_000;
// Lanes yield to the gateway when there are more of them at work than cores.
const LANE_NICENESS = 10;
// The most that a socket's address can hold: `man 7 unix`.
const SOCKET_BYTES = process.platform === 'linux' ? 107 : 103;

export class Instance {
  #options;
  #release;
  #sockets;
  #processes;
  #written = [];
  #over = new AbortController();
  #isReady = false;
  #ending;

  // Takes the folder for itself, or throws.
  constructor(options) {
    this.#options = options;
    const { folder, lanes } = options;
    const lock = join(folder, 'lock');
    this.#release = take(lock);
    if (!this.#release) throw new Stop(`${folder} is in use by another npm start${holder(lock)}. Stop that one, or choose another --run-dir or --port.`);
    try {
      this.#sockets = socketFolder(lanes);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  get url() {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  // Takes a copy of what was built.
  copy() {
    const built = edgeFolder(this.#options.features);
    for (const file of ['index.js', 'index_bg.wasm']) copyFileSync(join(built, file), this.#file(file));
    copyFileSync(at('scripts', 'gateway.js'), this.#file('gateway.js'));
  }

  // Ends when everything answers.
  async start(workerd, settings) {
    const { port, lanes, inspect, cpuSeconds } = this.#options;
    const { gateway, sockets, files } = await this.#configure(settings);
    const failure = new AbortController();
    const ended = (name, cause, said) => failure.abort(`${name} ended before it was ready (${cause})${because(said)}`);
    this.#processes = new Processes({ changed: () => this.#report(sockets, inspectors), ended, folder: this.#sockets });
    const inspectors = inspect ? await freePorts(lanes + 1) : [];
    const serving = (file, index) => [workerd, 'serve', file, ...(inspect ? [`--inspector-addr=127.0.0.1:${inspectors[index]}`] : [])];
    sockets.forEach((socketPath, index) => {
      const name = `lane ${index}`;
      // A killed process leaves its socket's name behind, and the next could not bind it.
      this.#processes.keep(name, serving(files[index], index + 1), { before: () => rmSync(socketPath, { force: true }), niceness: LANE_NICENESS });
      watch({ name, socketPath, pid: () => this.#processes.pid(name), seconds: cpuSeconds, over: this.#over.signal });
    });
    this.#processes.keep('gateway', serving(gateway, 0));
    const patience = AbortSignal.any([this.#over.signal, failure.signal, AbortSignal.timeout(READY_MS)]);
    const checks = [...sockets.map((socketPath) => ({ socketPath, path: '/' })), { host: '127.0.0.1', port, path: '/ping' }];
    const all = await Promise.allSettled(checks.map((check) => answers(check, patience)));
    if (failure.signal.aborted) throw new Stop(failure.signal.reason);
    for (const { reason } of all) if (reason) throw reason;
    await this.#isConfigured();
    this.#isReady = true;
  }

  // Gives the exit code of a command that was told to end. Whoever starts it and a signal may both ask for the end.
  end() {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end() {
    this.#over.abort();
    if (this.#processes) await this.#processes.stop();
    // `stop` removes it, too.
    rmSync(this.#sockets, { recursive: true, force: true });
    for (const file of this.#written) rmSync(file, { force: true });
    this.#release();
    return this.#isReady ? 0 : undefined;
  }

  async #configure(settings) {
    // Here, because its dependencies are only installed by now.
    const { gatewayConfig, laneConfig } = await import('./config.mjs');
    const { port, lanes, objects } = this.#options;
    // Only this user may reach the lanes. Their sockets are Unix ones because workerd does not notice an aborted call on a TCP socket.
    const sockets = Array.from({ length: lanes }, (_, index) => join(this.#sockets, `lane-${index}`));
    const unix = sockets.map((socket) => `unix:${socket}`);
    return {
      sockets,
      gateway: this.#write('gateway.capnp', gatewayConfig({ address: `127.0.0.1:${port}`, lanes: unix, objects, settings })),
      files: unix.map((address, index) => this.#write(`lane-${index}.capnp`, laneConfig({ address, index, settings }))),
    };
  }

  // The function checks its variables itself, since Cloudflare runs it without these scripts.
  async #isConfigured() {
    const answer = await fetch(`${this.url}/ping`, { headers: { connection: 'close' } });
    if (answer.ok) return;
    const { detail } = await answer.json().catch(() => ({}));
    throw new Stop(`${detail ?? `the gateway answers with status ${answer.status}`}. Correct it in .dev.vars, in wrangler.toml or where --var says it.`);
  }

  // Process ids: of the supervisor, the gateway, and each lane with its socket.
  #report(sockets, inspectors) {
    const lanes = sockets.map((socket, index) => ({ pid: this.#processes.pid(`lane ${index}`), socket }));
    const state = this.#file('state.json');
    try {
      writeFileSync(this.#file('state.json.new'), JSON.stringify({ url: this.url, pid: process.pid, gateway: this.#processes.pid('gateway'), lanes, inspectors }));
      renameSync(`${state}.new`, state);
    } catch (error) {
      // A full disk is no reason to stop serving.
      say(`${state} is out of date: ${sentence(error)}`);
    }
  }

  #write(name, text) {
    const file = this.#file(name);
    // Variables may be secrets. The mode counts for new files only.
    rmSync(file, { force: true });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  #file(name) {
    const file = join(this.#options.folder, name);
    if (!this.#written.includes(file)) this.#written.push(file);
    return file;
  }
}

function socketFolder(lanes) {
  const reasons = [];
  for (const parent of new Set([tmpdir(), '/tmp'])) {
    const longest = join(parent, 'offloop-123456', `lane-${lanes}`);
    if (Buffer.byteLength(longest) > SOCKET_BYTES) {
      reasons.push(`the sockets in ${parent} would have paths of more than ${SOCKET_BYTES} bytes.`);
      continue;
    }
    try {
      return mkdtempSync(join(parent, 'offloop-'));
    } catch (error) {
      reasons.push(sentence(error));
    }
  }
  throw new Stop(`there is no place for the sockets of the lanes: ${reasons.join(' ')} Set TMPDIR to a short path of a folder that this user may write to.`);
}

// The runtime says what is wrong first, and then where it noticed.
function because(said) {
  const [line] = said.trim().split('\n');
  return line ? `: ${line}` : '';
}
