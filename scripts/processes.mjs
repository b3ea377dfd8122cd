// Processes that are kept alive until `stop`, and that never outlive the one that keeps them.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Guard, signalGroup } from './groups.mjs';
import { say } from './shell.mjs';

// A process that lived this long has not failed at its start: its successor is started at once.
const HEALTHY_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
// A lane in mid-computation does not hear a polite signal.
const GRACE_MS = 700;
// So much of what a process said last is kept, to know why it ended.
const SAID = 4_000;
// The runtime ends when it cannot accept a connection. It can at once again, since its connections have ended with it.
const OUT_OF_FILES = /Too many open files/;

export class Processes {
  #live = new Map();
  #stopping = false;
  #guard;
  #changed;
  #ended;
  #folder;

  // `changed` hears of every start and end, `ended` of each end with its cause; `folder` is removed at the end.
  constructor({ changed, ended = () => {}, folder }) {
    this.#changed = changed;
    this.#ended = ended;
    this.#folder = folder;
    this.#guard = new Guard(folder);
  }

  // Starts a process, and starts it again whenever it ends. `before` runs ahead of each start. A process with `niceness` yields to others.
  keep(name, command, { before = () => {}, niceness = 0 } = {}) {
    let failures = 0;
    const start = () => {
      if (this.#stopping) return;
      const since = Date.now();
      this.#start(name, command, { before, niceness }, async (cause, said) => {
        if (this.#stopping) return;
        this.#ended(name, cause, said);
        const isHealthy = Date.now() - since >= HEALTHY_MS || OUT_OF_FILES.test(said);
        failures = isHealthy ? 0 : failures + 1;
        const pause = failures <= 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 2), LONGEST_PAUSE_MS);
        say(`${name} ended (${cause}), starting it again${pause ? ` in ${pause} ms` : ''}`);
        if (pause) await sleep(pause);
        start();
      });
    };
    start();
  }

  // `over` is called once, with why it ended or never began and what it said last.
  #start(name, command, { before, niceness }, over) {
    let said = '';
    let isOver = false;
    const end = (cause) => {
      if (isOver) return;
      isOver = true;
      over(cause, said);
    };
    try {
      before();
      // A group of its own: Ctrl-C reaches only us, and we end it in order.
      const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'pipe'], detached: true });
      // With too many files open there is no `close` after this.
      child.once('error', ({ message }) => end(message));
      if (!child.pid) return;
      child.stderr.setEncoding('utf8').on('data', (text) => {
        said = (said + text).slice(-SAID);
        process.stderr.write(text);
      });
      yieldToOthers(child.pid, niceness);
      this.#set(name, child);
      child.once('close', (code, signal) => {
        this.#set(name, null);
        end(signal ?? `exit code ${code}`);
      });
    } catch (error) {
      // Not enough memory or processes for another one.
      end(error.message);
    }
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
    this.#guard.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #signal(signal) {
    for (const { pid } of this.#live.values()) signalGroup(pid, signal);
  }

  #set(name, child) {
    const before = this.#live.get(name);
    if (before) this.#guard.delete(before.pid);
    if (child) {
      this.#live.set(name, child);
      this.#guard.add(child.pid);
    } else this.#live.delete(name);
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
