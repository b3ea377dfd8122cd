// The two builds: the edge function into build/, the browser's module into www/pkg. `node scripts/build.mjs [edge] [browser] [--features a,b]`
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fingerprint } from './fingerprint.mjs';
import { install } from './install.mjs';
import { exclusively } from './lock.mjs';
import { at, ROOT, tool } from './paths.mjs';
import { main, must, say, seconds } from './shell.mjs';
import { stamp } from './stamp.mjs';

const WASM = 'wasm32-unknown-unknown';

// Brings both builds up to date. The build id tells the two sides of a call whether they are the same build.
export async function build({ sides = ['edge', 'browser'], features = [] } = {}) {
  await install({ tools: sides.includes('edge') ? ['wasm-bindgen-cli', 'worker-build'] : ['wasm-bindgen-cli'] });
  await exclusively(at('.run', 'build.lock'), async () => {
    const id = fingerprint();
    if (sides.includes('edge')) await unlessDone('edge function', edgeFolder(features), id, (...args) => buildEdge(features, ...args));
    if (sides.includes('browser')) {
      await unlessDone('browser module', at('www', 'pkg'), id, buildBrowser);
      // The page's own files change more often than the module.
      stamp();
    }
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
  // Without these worker-build downloads its own. Its wasm-opt is turned off since it keeps the names of functions, a tenth of the bundle.
  const programs = { WASM_BINDGEN_BIN: tool('wasm-bindgen'), ESBUILD_BIN: at('node_modules', '.bin', 'esbuild') };
  const flags = ['--release', '--no-opt', '--out-dir', folder.slice(ROOT.length + 1), '--features', ['edge', ...features].join(',')];
  await must(tool('worker-build'), flags, { env: { ...env, ...programs }, label: 'building the edge function' });
  await optimise(join(folder, 'index_bg.wasm'), '-O2');
}

async function buildBrowser(folder, env) {
  await must('cargo', ['build', '--lib', '--profile', 'page', '--target', WASM, '--no-default-features', '--features', BROWSER], { env, label: 'building the browser module' });
  mkdirSync(folder, { recursive: true });
  const module = join(process.env.CARGO_TARGET_DIR || at('target'), WASM, 'page', 'offloop_edge.wasm');
  // With the means to start over, for the service worker: it cannot end itself when a task panics in it.
  const reset = '--experimental-reset-state-function';
  await must(tool('wasm-bindgen'), [module, '--target', 'web', '--no-typescript', reset, '--out-name', 'offloop', '--out-dir', folder]);
  await optimise(join(folder, 'offloop_bg.wasm'), '-Oz');
}

// Without pictures and passwords: the page does not show them, and its first load is to stay within 300 kB. The edge function has them.
const BROWSER = 'browser';

async function optimise(file, level) {
  const before = statSync(file).size;
  await must(process.execPath, [at('node_modules', 'binaryen', 'bin', 'wasm-opt'), file, '-o', file, level, '--strip-debug', ...WASM_FEATURES]);
  say(`wasm-opt: ${before} bytes before, ${statSync(file).size} after`);
}

// What Rust's target uses, and SIMD, with which pictures are scaled; naming them keeps wasm-opt from emitting anything newer.
const WASM_FEATURES = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types', 'exception-handling', 'simd']
  .map((feature) => `--enable-${feature}`);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async (args) => {
    const index = args.indexOf('--features');
    const features = index < 0 ? [] : args.splice(index, 2)[1].split(',');
    await build({ sides: args.length ? args : undefined, features });
  });
}
