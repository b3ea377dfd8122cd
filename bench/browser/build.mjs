// The wasm of the peers that have one, into target/bench/pkg; and how many bytes each page loads.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { at, tool } from '../../scripts/paths.mjs';
import { must } from '../../scripts/shell.mjs';

export const PKG = at('target', 'bench', 'pkg');
const FEATURES = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types'];

export async function build(...crates) {
  const env = { CARGO_TARGET_DIR: at('target', 'bench') };
  const packages = crates.flatMap((crate) => ['-p', crate]);
  await must('cargo', ['build', '--release', '--target', 'wasm32-unknown-unknown', ...packages], { cwd: at('bench'), env, label: 'building the pages' });
  for (const crate of crates) await bind(at('target', 'bench', 'wasm32-unknown-unknown', 'release', `${crate}.wasm`), PKG, '-O3');
}

export async function bind(wasm, folder, level) {
  mkdirSync(folder, { recursive: true });
  await must(tool('wasm-bindgen'), [wasm, '--target', 'web', '--no-typescript', '--out-dir', folder]);
  const file = `${folder}/${wasm.split('/').pop().replace('.wasm', '_bg.wasm')}`;
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  await must(process.execPath, [at('node_modules', 'binaryen', 'bin', 'wasm-opt'), file, '-o', file, level, '--strip-debug', ...features]);
}

// Gzip bytes of all scripts and modules in a folder.
export function gzipBytes(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => /\.(js|wasm)$/.test(file));
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(`${folder}/${file}`), { level: 9 }).length, 0);
}
