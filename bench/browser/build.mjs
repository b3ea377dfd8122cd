// The wasm of the peers that have one, into target/bench/pkg; and how many bytes each page loads.
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';
import { at, tool } from '../../scripts/paths.mjs';
import { must } from '../../scripts/shell.mjs';

export const PKG = at('target', 'bench', 'pkg');
const FEATURES = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types'];

const TARGET = at('target', 'bench');
const WASM = 'wasm32-unknown-unknown';

export async function build(...crates) {
  await compile('release', crates);
  for (const crate of crates) await bind(built('release', crate), PKG, '-O3');
}

// Gzip bytes of everything that a page with one trivial task loads, the JavaScript minified as bundlers do.
export async function smallest() {
  const folder = at('target', 'bench', 'tiny');
  await compile('small', ['tiny']);
  await bind(built('small', 'tiny'), folder, '-Oz');
  return gzipBytes(folder);
}

async function compile(profile, crates) {
  const packages = crates.flatMap((crate) => ['-p', crate]);
  const args = ['build', '--profile', profile, '--target', WASM, ...packages];
  await must('cargo', args, { cwd: at('bench'), env: { CARGO_TARGET_DIR: TARGET }, label: `building ${crates.join(', ')}` });
}

function built(profile, crate) {
  return join(TARGET, WASM, profile, `${crate.replaceAll('-', '_')}.wasm`);
}

async function bind(wasm, folder, level) {
  const file = `${folder}/${wasm.split('/').pop().replace('.wasm', '_bg.wasm')}`;
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made > statSync(wasm).mtimeMs) return;
  mkdirSync(folder, { recursive: true });
  await must(tool('wasm-bindgen'), [wasm, '--target', 'web', '--no-typescript', '--out-dir', folder]);
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  await must(process.execPath, [at('node_modules', 'binaryen', 'bin', 'wasm-opt'), file, '-o', file, level, '--strip-debug', ...features]);
}

function gzipBytes(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => /\.(js|wasm)$/.test(file));
  const bytes = files.map((file) => {
    const content = readFileSync(join(folder, file));
    return file.endsWith('.wasm') ? content : transformSync(content, { minify: true, format: 'esm' }).code;
  });
  return bytes.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
}
