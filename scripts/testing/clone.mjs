// A clone of the project for tests of `npm start`, in which everything is built: the edge function is a few lines that tell what it was given.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../paths.mjs';
import { CARGO_TOOLS } from '../versions.mjs';
import { temporary } from './temporary.mjs';

const FUNCTION = `
let count = 0;
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/lane/')) return env['LANE_' + pathname.split('/')[2]].fetch('http://lane/variables');
    if (pathname === '/variables') return Response.json(Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value === 'string')));
    if (env.NUMBER_MAX === 'abc') return Response.json({ detail: 'NUMBER_MAX is wrong' }, { status: 500 });
    if (pathname === '/wait') return new Promise(() => setTimeout(() => {}, 60_000));
    return new Response('pong');
  },
};
export class Lane {}
`;
const EMPTY_MODULE = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

export class Clone {
  constructor() {
    this.folder = temporary();
    for (const path of ['package.json', 'package-lock.json', 'wrangler.toml', 'Cargo.toml', 'Cargo.lock', join('www', '_headers')]) cpSync(at(path), this.at(path));
    cpSync(at('scripts'), this.at('scripts'), { recursive: true });
    symlinkSync(at('node_modules'), this.at('node_modules'));
    this.write('www/index.html', 'a page');
    this.write('build/index.js', FUNCTION);
    writeFileSync(this.at('build', 'index_bg.wasm'), EMPTY_MODULE);
    this.tools = this.at('tools');
    const { version, bins } = CARGO_TOOLS['wasm-bindgen-cli'];
    for (const bin of bins) this.write(`tools/wasm-bindgen-cli-${version}/bin/${bin}`, '');
    this.write('www/pkg/offloop.js', '');
    this.stamp();
  }

  at(...parts) {
    return join(this.folder, ...parts);
  }

  write(path, text) {
    mkdirSync(join(this.at(path), '..'), { recursive: true });
    writeFileSync(this.at(path), text);
  }

  // Whatever is there now counts as built.
  stamp() {
    const id = execFileSync(process.execPath, ['-e', `import(${JSON.stringify(this.at('scripts', 'fingerprint.mjs'))}).then(({ fingerprint }) => console.log(fingerprint()))`], { encoding: 'utf8' }).trim();
    for (const folder of ['build', 'www/pkg']) this.write(`${folder}/build-id.txt`, id);
  }

  // A program of this name comes ahead of all others.
  program(name, script) {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(this.at('bin', name), 0o755);
  }

  // Runs a script of the clone; `before` is a command that it becomes the last words of.
  run(args, { env = {}, before = [], script = 'start.mjs' } = {}) {
    const command = [...before, process.execPath, this.at('scripts', script), ...args];
    const child = spawn(command[0], command.slice(1), {
      cwd: this.folder,
      env: { ...process.env, PORT: '0', LANES: '1', OFFLOOP_TOOLS: this.tools, PATH: `${this.at('bin')}:${process.env.PATH}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Command(child);
  }

  // The ids of processes that belong to this clone, by their command lines.
  processes() {
    return execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n')
      .filter((line) => line.includes(this.folder) && !/^\s*\d+ Z/.test(line)).map((line) => Number(line.trim().split(' ')[0]));
  }

  async remove() {
    assert.deepEqual(this.processes(), [], 'a process is left');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

class Command {
  output = '';
  constructor(child) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    // 128 and the number of the signal, as a shell has it.
    this.code = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  }

  async says(what, patience = 20_000) {
    for (const end = Date.now() + patience; !this.output.includes(what); await sleep(10)) {
      assert.ok(Date.now() < end && this.child.exitCode === null, `it did not say "${what}" but:\n${this.output}`);
    }
  }

  async url() {
    await this.says('Ready on ');
    return /Ready on (\S+)/.exec(this.output)[1];
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.code;
  }

  // A start that fails says why in one sentence of its own, without a stack.
  async fails(sentence) {
    assert.notEqual(await this.code, 0, this.output);
    assert.match(this.output, sentence);
    assert.doesNotMatch(this.output, /^\s+at /m);
    assert.doesNotMatch(this.output, /Ready on/);
  }
}

export const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

// In a clone that is removed afterwards, and in which no process may be left.
export function inClone(name, body) {
  test(name, { timeout: 120_000 }, async () => {
    const clone = new Clone();
    await body(clone);
    await clone.remove();
  });
}

export async function until(what, condition, patience = 10_000) {
  for (const end = Date.now() + patience; !condition(); await sleep(10)) assert.ok(Date.now() < end, `${what} within ${patience} ms`);
}
