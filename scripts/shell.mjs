// Running programs: their output is passed on, a long silence is broken by a line with the elapsed time, failures name the command.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { spawnGroup } from './groups.mjs';
import { isInterrupted, listen } from './interrupt.mjs';
import { ROOT } from './paths.mjs';
import { outdatedNode } from './versions.mjs';

// A mistake or a missing thing that the person at the keyboard can put right; shown without a stack.
export class Stop extends Error {}

export function say(text) {
  console.log(`offloop: ${text}`);
}

// The trimmed output of a program, or null if it is missing or fails. Nobody needs to ask the same twice.
export function ask(program, ...args) {
  const command = [program, ...args].join(' ');
  if (!asked.has(command)) {
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT });
    asked.set(command, status === 0 ? stdout.trim() : null);
  }
  return asked.get(command);
}

const asked = new Map();

// Node's own `recursive` takes a read-only file system for a folder that is missing.
export function makeFolder(folder) {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

// Runs a program to its end and gives its exit code. `quiet` keeps its output back and shows the end of it only on failure. When the command is
// interrupted, the program ends with everything that it has started: cargo alone would leave its compilers behind.
export function run(program, args, { env, cwd = ROOT, quiet = false, label, onOutput } = {}) {
  const since = Date.now();
  const piped = quiet || onOutput !== undefined;
  const child = spawnGroup(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'] });
  let kept = '';
  const hear = (sink) => (chunk) => {
    if (onOutput) onOutput(chunk);
    if (quiet) kept = (kept + chunk).slice(-20_000);
    else sink.write(chunk);
  };
  child.stdout?.setEncoding('utf8').on('data', hear(process.stdout));
  child.stderr?.setEncoding('utf8').on('data', hear(process.stderr));
  const pulse = label && setInterval(() => say(`${label} … ${seconds(since)}${lastLine(kept)}`), 15_000);
  return new Promise((resolve, reject) => {
    child.on('error', ({ code, message }) => reject(new Stop(code === 'ENOENT' ? `${program} is not on the PATH. Install it and try again.` : `cannot run ${program}: ${message}`)));
    // An interrupted command starts nothing else.
    child.on('close', (code, signal) => isInterrupted() || resolve({ code: code ?? 1, signal, output: kept }));
  }).finally(() => clearInterval(pulse));
}

function lastLine(text) {
  const line = text.trimEnd().split('\n').pop().trim().slice(0, 80);
  return line && ` (${line})`;
}

// As `run`, but anything other than success ends the whole command.
export async function must(program, args, options = {}) {
  const { code, signal, output } = await run(program, args, options);
  if (signal) throw new Stop(`${program} was ended by ${signal}`);
  if (code !== 0) throw new Stop(`${options.quiet ? `${output}\n` : ''}\`${program} ${args.join(' ')}\` failed with exit code ${code}`);
}

// Every command's outermost frame. What the person at the keyboard can put right is told in a sentence; anything else is a bug and has its stack.
export async function main(body) {
  listen();
  try {
    const outdated = outdatedNode();
    if (outdated) throw new Stop(outdated);
    process.exitCode = (await body(process.argv.slice(2))) ?? 0;
  } catch (error) {
    // What fails then fails because of it.
    if (isInterrupted()) return;
    const told = sentence(error);
    console.error(told ? `offloop: ${told}` : error);
    process.exitCode = 1;
  }
}

// What went wrong and what to do about it; null for a bug.
export function sentence(error) {
  if (error instanceof Stop) return error.message;
  if (error.code?.startsWith('ERR_PARSE_ARGS')) return `${error.message.split('. ')[0]}. Correct the command line and try again.`;
  if (error.code === 'ERR_MODULE_NOT_FOUND') return `${error.message}. Remove node_modules and try again.`;
  if (!error.syscall || !error.code) return null;
  const [, meaning = error.code] = getSystemErrorMap().get(error.errno) ?? [];
  const object = error.dest ?? error.path ?? error.address ?? '';
  return `${error.syscall} ${object}: ${meaning}. ${REMEDIES[error.code] ?? 'Put that right and try again.'}`;
}

const FULL = 'Free some space there and try again.';
const FORBIDDEN = 'Give this user the right to do that, or use a copy of the project of their own.';
const REMEDIES = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: 'Use a copy of the project that can be written to.',
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EMFILE: 'Raise the number of files that a process may open (ulimit -n) and try again.',
  ENFILE: 'End other programs that hold files open and try again.',
};
