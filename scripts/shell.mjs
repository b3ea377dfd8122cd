// Running programs: their output is passed on, a long silence is broken by a line with the elapsed time, failures name the command.
import { spawn, spawnSync } from 'node:child_process';
import { ROOT } from './paths.mjs';

// A mistake or a missing thing that the person at the keyboard can put right; shown without a stack.
export class Stop extends Error {}

export function say(text) {
  console.log(`offloop: ${text}`);
}

// The trimmed output of a program, or null if it is missing or fails.
export function ask(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT });
  return status === 0 ? stdout.trim() : null;
}

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

// Runs a program to its end and gives its exit code. `quiet` keeps its output back and shows the end of it only on failure.
export function run(program, args, { env, cwd = ROOT, quiet = false, label, onOutput } = {}) {
  const since = Date.now();
  const piped = quiet || onOutput !== undefined;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'] });
  let kept = '';
  const hear = (sink) => (chunk) => {
    if (onOutput) onOutput(chunk);
    if (quiet) kept = (kept + chunk).slice(-20_000);
    else sink.write(chunk);
  };
  child.stdout?.setEncoding('utf8').on('data', hear(process.stdout));
  child.stderr?.setEncoding('utf8').on('data', hear(process.stderr));
  const pulse = label && setInterval(() => say(`${label} … ${seconds(since)}${lastLine(kept)}`), 15_000);
  const passOn = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Stop(`cannot run ${program}: ${error.message}`)));
    child.on('close', (code, signal) => resolve({ code: code ?? 1, signal, output: kept }));
  }).finally(() => {
    clearInterval(pulse);
    for (const signal of SIGNALS) process.off(signal, passOn);
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

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

// Every command's outermost frame: `Stop` is a sentence, anything else a bug with its stack.
export async function main(body) {
  try {
    process.exitCode = (await body(process.argv.slice(2))) ?? 0;
  } catch (error) {
    const expected = error instanceof Stop || error.code?.startsWith('ERR_PARSE_ARGS');
    console.error(expected ? `offloop: ${error.message}` : error);
    process.exitCode = 1;
  }
}
