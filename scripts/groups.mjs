// Child processes, each with all that it starts in turn: they can be ended as one, and none outlives us.
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { onInterrupt } from './interrupt.mjs';

// A test server that is told to end ends its own processes first.
const GRACE_MS = 3_000;
const GIVE_UP_MS = 1_000;

let shared;

// Starts a program as the leader of a process group of its own. Ctrl-C in a terminal therefore reaches only us; when we are interrupted, or killed,
// the whole group ends.
export function spawnGroup(program, args, options = {}) {
  // Windows has no groups, and passes Ctrl-C to all by itself.
  if (process.platform === 'win32') return spawn(program, args, options);
  shared ??= new Guard();
  const child = spawn(program, args, { ...options, detached: true });
  if (child.pid) {
    shared.add(child.pid);
    const withdraw = onInterrupt((signal) => endGroup(child.pid, signal));
    child.once('close', () => {
      shared.delete(child.pid);
      withdraw();
    });
  }
  return child;
}

// Ends the group of this leader, with patience and then without.
export async function endGroup(pid, signal = 'SIGTERM', grace = GRACE_MS) {
  signalGroup(pid, signal);
  if (await isGone(pid, grace)) return;
  signalGroup(pid, 'SIGKILL');
  await isGone(pid, GIVE_UP_MS);
}

export function signalGroup(pid, signal) {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function isGone(pid, within) {
  for (const end = Date.now() + within; isAlive(pid); await sleep(20)) if (Date.now() > end) return false;
  return true;
}

// Whether anything of the group still runs. For the system it also has those that have ended and that nobody collects, as in many containers.
export function isAlive(pid) {
  if (!signalGroup(pid, 0)) return false;
  const { stdout } = spawnSync('ps', ['-eo', 'pgid=,stat='], { encoding: 'utf8' });
  return !stdout || stdout.split('\n').map((line) => line.trim().split(/\s+/)).some(([group, state]) => Number(group) === pid && !state.startsWith('Z'));
}

// A shell that is told of our groups. If we are killed without a chance to clean up, its input ends, and it kills the groups and removes `folder`.
export class Guard {
  #groups = new Set();
  #shell;

  constructor(folder = '') {
    const script = 'while read -r groups; do live=$groups; done; test -z "$live" || kill -9 $live; test -z "$0" || rm -rf "$0"';
    this.#shell = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    // It must not keep us running.
    this.#shell.stdin?.unref();
    this.#shell.unref();
  }

  add(pid) {
    this.#groups.add(pid);
    this.#tell();
  }

  delete(pid) {
    this.#groups.delete(pid);
    this.#tell();
  }

  close() {
    this.#shell.stdin?.end();
  }

  #tell() {
    this.#shell.stdin?.write(`${[...this.#groups].map((pid) => `-${pid}`).join(' ')}\n`);
  }
}
