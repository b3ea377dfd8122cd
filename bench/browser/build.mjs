// The wasm of the peers that have one, into target/bench/pkg; and how many bytes each page loads.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';
import { at, tool } from '../../scripts/paths.mjs';
import { must } from '../../scripts/shell.mjs';

export const PKG = at('target', 'bench', 'pkg');
const FEATURES = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types'];

const TARGET = at('target', 'bench');
const WASM = 'wasm32-unknown-unknown';
// What its threads are started with.
const TLS = ['__wasm_init_tls', '__tls_size', '__tls_align', '__tls_base'];

export async function build(...crates) {
  await compile('release', crates);
  for (const crate of crates) await bind(built('release', crate), PKG, '-O3');
}

// wasm-bindgen-rayon needs a standard library for shared memory, which stable Rust does not bring. Whether there is a compiler with the sources.
export async function buildRayon() {
  const rustc = compilerWithSources();
  if (!rustc) return false;
  const shared = ['--shared-memory', '--max-memory=1073741824', '--import-memory', ...TLS.map((name) => `--export=${name}`)];
  const flags = ['-C target-feature=+atomics,+bulk-memory', ...shared.map((flag) => `-C link-arg=${flag}`)].join(' ');
  const env = { RUSTC: rustc, RUSTC_BOOTSTRAP: '1', CARGO_TARGET_DIR: join(TARGET, 'rayon'), CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags };
  const args = ['build', '--release', '--target', WASM, '-Zbuild-std=std,panic_abort'];
  await must('cargo', args, { cwd: at('bench', 'browser', 'rayon'), env, label: 'building wasm-bindgen-rayon with a standard library of its own' });
  await bind(join(TARGET, 'rayon', WASM, 'release', 'rayon_page.wasm'), join(PKG, 'rayon'), '-O3', ['threads']);
  return true;
}

// The nightly compiler, or the one that BENCH_RUSTC names.
function compilerWithSources() {
  const told = (program, args) => spawnSync(program, args, { encoding: 'utf8' }).stdout?.trim();
  const rustc = process.env.BENCH_RUSTC ?? told('rustup', ['which', '--toolchain', 'nightly', 'rustc']);
  const sysroot = rustc && told(rustc, ['--print', 'sysroot']);
  return sysroot && existsSync(join(sysroot, 'lib', 'rustlib', 'src', 'rust', 'library')) ? rustc : undefined;
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

async function bind(wasm, folder, level, more = []) {
  const file = `${folder}/${wasm.split('/').pop().replace('.wasm', '_bg.wasm')}`;
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made > statSync(wasm).mtimeMs) return;
  mkdirSync(folder, { recursive: true });
  await must(tool('wasm-bindgen'), [wasm, '--target', 'web', '--no-typescript', '--out-dir', folder]);
  const features = [...FEATURES, ...more].map((feature) => `--enable-${feature}`);
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
