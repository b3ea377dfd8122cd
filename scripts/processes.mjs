// Processes that are kept alive until `stop`, and that never outlive the one that keeps them.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './shell.mjs';

// A process that lived this long has not failed at its start: its successor is started at once.
const HEALTHY_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
// A lane in mid-computation does not hear a polite signal.
const GRACE_MS = 700;

export class Processes {
  #live = new Map();
  #stopping = false;
  #watchdog;
  #changed;
  #folder;

  // `changed` hears of every start and end; `folder` is removed at the end.
  constructor({ changed, folder }) {
    this.#changed = changed;
    this.#folder = folder;
    this.#watchdog = watchdog(folder);
  }

  // Starts a process, and starts it again whenever it ends. `before` runs ahead of each start. A process with `niceness` yields to others.
  keep(name, command, { before = () => {}, niceness = 0 } = {}) {
    let failures = 0;
    const start = () => {
      if (this.#stopping) return;
      before();
      const since = Date.now();
      // A group of its own: Ctrl-C reaches only us, and we end it in order.
      const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
      child.once('error', (error) => say(`cannot start ${name}: ${error.message}`));
      if (child.pid) {
        yieldToOthers(child.pid, niceness);
        this.#set(name, child);
      }
      child.once('close', async (code, signal) => {
        this.#set(name, null);
        if (this.#stopping) return;
        failures = Date.now() - since >= HEALTHY_MS ? 0 : failures + 1;
        const pause = failures <= 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 2), LONGEST_PAUSE_MS);
        say(`${name} ended (${signal ?? `exit code ${code}`}), starting it again${pause ? ` in ${pause} ms` : ''}`);
        if (pause) await sleep(pause);
        start();
      });
    };
    start();
  }

  pid(name) {
    return this.#live.get(name)?.pid ?? null;
  }

  async stop() {
    this.#stopping = true;
    this.#signal('SIGTERM');
    for (let waited = 0; this.#live.size && waited < GRACE_MS; waited += 20) await sleep(20);
    this.#signal('SIGKILL');
    while (this.#live.size) await sleep(5);
    this.#watchdog.stdin.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #signal(signal) {
    for (const child of this.#live.values()) child.kill(signal);
  }

  #set(name, child) {
    if (child) this.#live.set(name, child);
    else this.#live.delete(name);
    this.#watchdog.stdin.write(`${[...this.#live.values()].map(({ pid }) => pid).join(' ')}\n`);
    this.#changed();
  }
}

export function yieldToOthers(pid, niceness) {
  if (niceness === 0) return;
  try {
    setPriority(pid, niceness);
    // Linux shares the processor out among sessions first, and by niceness only within each: `man 7 sched`, "The autogroup feature".
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // Another system, one without the feature, or the process has ended already.
  }
}

// If we are killed without a chance to clean up, the pipe closes, and this shell ends the process ids that it was told of last.
function watchdog(folder) {
  const script = 'while read -r pids; do live=$pids; done; kill -9 $live; rm -rf "$0"';
  const shell = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.stdin.on('error', () => {});
  shell.unref();
  return shell;
}
