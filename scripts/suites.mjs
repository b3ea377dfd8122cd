// Every suite: what it needs, and the command that runs it. `npm test` runs those that are not lints, .ci/run all of them.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { browsers } from './browsers.mjs';
import { build } from './build.mjs';
import { install, npmPackages } from './install.mjs';
import { at, tool } from './paths.mjs';
import { programs } from './programs.mjs';
import { build as buildPromises } from '../tests/conformance-edge/build.mjs';
import { Stop } from './shell.mjs';

const WASM = ['--target', 'wasm32-unknown-unknown'];
const STRICT = ['--', '-D', 'warnings'];
// Tasks that panic or never end are compiled into test builds only.
export const FAULTS = ['faults'];

const cargo = (...args) => ({ program: 'cargo', args });
const clippy = (...args) => cargo('clippy', '--workspace', ...args, ...STRICT);

export const SUITES = [
  { name: 'fmt', lint: true, command: () => cargo('fmt', '--all', '--', '--check') },
  { name: 'clippy-native', lint: true, command: () => clippy('--all-targets', '--features', 'offloop/json,faults') },
  { name: 'clippy-browser', lint: true, prepare: () => install(), command: () => clippy(...WASM, '--features', 'browser,faults') },
  // The library's tests run there too; the function's are native.
  { name: 'clippy-tests', lint: true, prepare: () => install(), command: () => cargo('clippy', '-p', 'offloop', '--all-targets', ...WASM, '--features', 'browser', ...STRICT) },
  // Inline is all there is on wasm without features.
  { name: 'clippy-inline', lint: true, prepare: () => install(), command: () => cargo('clippy', '-p', 'offloop', ...WASM, ...STRICT) },
  { name: 'clippy-edge', lint: true, prepare: () => install(), command: () => clippy(...WASM, '--features', 'edge,faults') },
  {
    name: 'doc',
    lint: true,
    command: () => ({ ...cargo('doc', '--workspace', '--no-deps', '--features', 'offloop/json'), env: { RUSTDOCFLAGS: '-D warnings' } }),
  },
  // What only that target has, as docs.rs shows it.
  {
    name: 'doc-wasm',
    lint: true,
    prepare: () => install(),
    command: () => ({ ...cargo('doc', '-p', 'offloop', '--no-deps', ...WASM, '--features', 'browser,edge,json'), env: { RUSTDOCFLAGS: '-D warnings' } }),
  },
  { name: 'scripts', command: nodeTests('scripts') },
  // The ring in shared memory by itself; between page and worker it is in the browsers' suites.
  { name: 'ring', command: nodeTests('crates/offloop/tests') },
  // Doc tests are part of it.
  { name: 'native', command: () => cargo('test', '--workspace', '--features', 'offloop/json,faults', '--no-fail-fast') },
  // Those of the native tests that need the target for wasm.
  { name: 'add-a-task', prepare: () => install(), command: () => cargo('test', '--workspace', '--features', 'offloop/json,faults', '--test', 'add_a_task', '--', '--ignored') },
  // Where time would be noise.
  { name: 'counts', prepare: valgrind, command: nodeTests('tests/counts') },
  { name: 'wasm-node', prepare: wasmPack, command: () => wasmTest(['--node'], ['--features', 'edge']) },
  { name: 'wasm-chrome', prepare: wasmPack, command: async () => wasmTest(['--headless', '--chrome', '--chromedriver', (await browsers('chromium', 'chromedriver')).chromedriver]) },
  // The runner's server can leave a new connection waiting behind idle ones, and with it a worker that starts, for five seconds or for thirty:
  // webdriver.json has Firefox close them after one.
  { name: 'wasm-firefox', prepare: gecko, command: () => wasmTest(['--headless', '--firefox', '--geckodriver', tool('geckodriver')]) },
  { name: 'examples', prepare: examples, command: nodeTests('crates/offloop/examples', { browser: true }) },
  { name: 'page', prepare: page, command: nodeTests('tests/browser', { browser: true }) },
  { name: 'edge', prepare: edge, command: nodeTests('tests/edge', { browser: true }) },
  { name: 'promises-edge', prepare: edgePromises, command: nodeTests('tests/conformance-edge') },
  // Last, since it reads what the others have found.
  { name: 'promises', command: nodeTests('tests/promises') },
];

async function wasmPack() {
  await install({ tools: ['wasm-bindgen-cli', 'wasm-pack'] });
}

async function gecko() {
  await install({ tools: ['wasm-bindgen-cli', 'wasm-pack', 'geckodriver'] });
  await browsers('firefox');
}

async function valgrind() {
  await programs({ valgrind: { names: ['valgrind'], debian: 'valgrind' } }, ['valgrind'], 'the counts of instructions');
}

// Outside the clone's package each example is what a new user would have: its own package.json and lock file.
async function examples() {
  await wasmPack();
  const folder = at('crates', 'offloop', 'examples');
  const projects = readdirSync(folder).map((name) => join(folder, name));
  for (const project of projects.filter((path) => existsSync(join(path, 'package-lock.json')))) await npmPackages(project);
}

async function page() {
  await build({ sides: ['browser'] });
}

async function edge() {
  await build();
  await build({ sides: ['edge'], features: FAULTS });
}

async function edgePromises() {
  await install({ tools: ['wasm-bindgen-cli'] });
  await buildPromises();
}

function wasmTest(where, features = ['--features', 'browser']) {
  return { program: tool('wasm-pack'), args: ['--log-level', 'warn', 'test', '--mode', 'no-install', ...where, at('crates', 'offloop'), ...features], env: toolPath() };
}

function nodeTests(folder, { browser = false } = {}) {
  return async () => {
    // Named one by one: node 20 and node 22 disagree on what a folder means, and without names node looks everywhere.
    const files = readdirSync(at(folder), { recursive: true }).filter((file) => /\.test\.m?js$/.test(file) && !file.includes('node_modules')).sort();
    if (files.length === 0) throw new Stop(`there are no tests in ${folder}`);
    return {
      program: process.execPath,
      // The flag is for node 20; later ones have sockets without it.
      args: ['--experimental-websocket', '--test', '--test-concurrency=1', '--test-reporter=spec', ...files.map((file) => at(folder, file))],
      env: { ...toolPath(), ...(browser && { CHROMIUM: (await browsers('chromium')).chromium }) },
    };
  };
}

// The pinned programs ahead of whatever else the machine has.
function toolPath() {
  return { PATH: `${['wasm-bindgen', 'wasm-pack'].map((bin) => dirname(tool(bin))).join(':')}:${process.env.PATH}` };
}
