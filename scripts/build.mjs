// The builds: the edge function into build/, the browser's two modules into www/pkg. `node scripts/build.mjs [edge] [browser] [--features a,b]`
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fingerprint } from './fingerprint.mjs';
import { install } from './install.mjs';
import { exclusively } from './lock.mjs';
import { at, tool } from './paths.mjs';
import { main, must, say, seconds, Stop } from './shell.mjs';
import { stamp } from './stamp.mjs';

const WASM = 'wasm32-unknown-unknown';
const SIDES = ['edge', 'browser'];

// Brings both builds up to date, and calls `then` before anybody else builds. The build id tells the two sides of a call whether they are the same build.
export async function build({ sides = SIDES, features = [], then = () => {} } = {}) {
  await install({ tools: ['wasm-bindgen-cli'] });
  await exclusively(at('.run', 'build.lock'), async () => {
    const id = fingerprint();
    if (sides.includes('edge')) await unlessDone('edge function', edgeFolder(features), id, (...args) => buildEdge(features, ...args));
    if (sides.includes('browser')) {
      await unlessDone('browser modules', at('www', 'pkg'), id, buildBrowser);
      // The page's own files change more often than the module.
      stamp();
    }
    then();
  });
}

// Builds with extra features, which only tests ask for, stay out of the way of the one that is deployed. The browser's has none.
export function edgeFolder(features = []) {
  return features.length === 0 ? at('build') : at('target', `edge-${features.join('-')}`);
}

async function unlessDone(what, folder, id, make) {
  const stamp = join(folder, 'build-id.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === id) return;
  const since = Date.now();
  say(`building the ${what}`);
  rmSync(stamp, { force: true });
  await make(folder, { OFFLOOP_BUILD_ID: id });
  writeFileSync(stamp, id);
  say(`${what} built in ${seconds(since)}`);
}

async function buildEdge(features, folder, env) {
  await compile(['--release', '--features', ['edge', ...features].join(',')], env, 'building the edge function');
  await bundle(compiled('release'), folder);
}

// The module and what the runtime needs around it, as two files.
export async function bundle(module, folder) {
  const parts = join(folder, 'parts');
  const name = 'index';
  await bind(module, parts, name);
  copyFileSync(at('src', 'edge', 'main.js'), join(parts, 'main.js'));
  // wasm-bindgen names a module that is imported in two places twice.
  const quiet = ['--log-level=warning', '--log-override:duplicate-object-key=silent'];
  const flags = ['--bundle', '--format=esm', '--minify', '--external:*.wasm', ...quiet, `--outfile=${join(folder, 'index.js')}`];
  await must(at('node_modules', '.bin', 'esbuild'), [join(parts, 'main.js'), ...flags]);
  await optimise(join(parts, `${name}_bg.wasm`), join(folder, `${name}_bg.wasm`), '-O2');
  rmSync(parts, { recursive: true });
}

// Each has a profile of its own, since cargo gives the modules of one profile the same name, whatever their features.
const MODULES = [
  // A visitor's first load is to stay within 325 kB, so it has no pictures and passwords...
  { name: 'offloop', profile: 'page', features: 'browser', level: '-Oz' },
  // ...which come with a second one when they are asked for, and then quickly.
  { name: 'work', profile: 'work', features: 'browser,mandelbrot,password,thumbnail', level: '-O2' },
];

async function buildBrowser(folder, env) {
  // Instances that run serve what is there: they get the new modules all at once.
  const parts = at('build', 'pkg');
  rmSync(parts, { recursive: true, force: true });
  for (const { name, profile, features, level } of MODULES) {
    await compile(['--profile', profile, '--no-default-features', '--features', features], env, `building the browser module ${name}`);
    await bind(compiled(profile), parts, name);
    const module = join(parts, `${name}_bg.wasm`);
    await optimise(module, module, level);
    mark(join(parts, `${name}.js`), module, env.OFFLOOP_BUILD_ID);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(parts, folder);
}

// Glue and module each say of which build they are, so that a page that gets them from two deployments can see it.
function mark(glue, module, id) {
  appendFileSync(glue, `export const GLUE = '${id}';\n`);
  // A custom section: <https://webassembly.github.io/spec/core/binary/modules.html#custom-section>.
  const text = (content) => Buffer.from([content.length, ...Buffer.from(content)]);
  const section = Buffer.concat([text('build'), Buffer.from(id)]);
  appendFileSync(module, Buffer.concat([Buffer.from([0, section.length]), section]));
}

function compile(options, env, label) {
  return must('cargo', ['build', '--lib', '--target', WASM, ...options], { env, label });
}

export function compiled(profile, name = 'offloop_edge') {
  return resolve(at(), process.env.CARGO_TARGET_DIR || 'target', WASM, profile, `${name}.wasm`);
}

// With the means to start over: an instance in which a task has panicked cannot go on.
function bind(module, folder, name) {
  mkdirSync(folder, { recursive: true });
  const options = ['--target', 'web', '--no-typescript', '--experimental-reset-state-function', '--out-name', name, '--out-dir', folder];
  return must(tool('wasm-bindgen'), [module, ...options]);
}

async function optimise(from, to, level) {
  const before = statSync(from).size;
  await must(process.execPath, [at('node_modules', 'binaryen', 'bin', 'wasm-opt'), from, '-o', to, level, '--strip-debug', ...WASM_FEATURES]);
  say(`wasm-opt: ${before} bytes before, ${statSync(to).size} after`);
}

// What Rust's target uses, and SIMD, with which pictures are scaled; naming them keeps wasm-opt from emitting anything newer.
const WASM_FEATURES = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types', 'exception-handling', 'simd']
  .map((feature) => `--enable-${feature}`);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async (args) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { features: { type: 'string', default: '' } } });
    const unknown = positionals.filter((side) => !SIDES.includes(side));
    if (unknown.length) throw new Stop(`there is no side ${unknown.join(', ')} to build, only ${SIDES.join(' and ')}`);
    await build({ sides: positionals.length ? positionals : undefined, features: values.features.split(',').filter(Boolean) });
  });
}
