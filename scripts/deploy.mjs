// `npm run deploy`: builds, measures the bundle, and hands it to wrangler. With --dry-run nothing leaves the machine and no account is needed.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from './build.mjs';
import { at } from './paths.mjs';
import { main, must, say, Stop } from './shell.mjs';

// The goal is a function that is small to send and quick to start: wasm and JavaScript together in at most 900 kB of gzip, or
// 300 kB without the features `mandelbrot`, `password` and `thumbnail`.
const LARGEST_GZIP = 900_000;

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const HELP = `npm run deploy -- [--dry-run] [--two-scripts]
  --dry-run      builds and checks the bundle, without an account
  --two-scripts  the lanes as a script of their own, with its own memory and CPU limit`;

await main(async (args) => {
  const boolean = { type: 'boolean' };
  const { values } = parseArgs({ args, options: { 'dry-run': boolean, 'two-scripts': boolean, help: boolean } });
  if (values.help) return console.log(HELP);
  await build();
  const scripts = values['two-scripts']
    ? { lanes: ['--config', 'wrangler.lanes.toml'], gateway: ['--env', 'two-scripts'] }
    : { function: ['--env', ''] };
  // All of them are measured before the first is sent. The gateway's binding names the lanes' script, so that goes first.
  for (const [name, options] of Object.entries(scripts)) await measure(name, options);
  if (values['dry-run']) return;
  for (const options of Object.values(scripts)) await wrangler('deploy', ...options);
});

async function measure(name, options) {
  const folder = at('.run', 'bundle', name);
  rmSync(folder, { recursive: true, force: true });
  await wrangler('deploy', '--dry-run', '--outdir', folder, ...options);
  const files = readdirSync(folder).filter((file) => /\.(m?js|wasm)$/.test(file)).map((file) => readFileSync(join(folder, file)));
  const raw = files.reduce((sum, file) => sum + file.length, 0);
  const gzip = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
  say(`${name}: ${kB(raw)} raw, ${kB(gzip)} gzip (wasm and JavaScript; at most ${kB(LARGEST_GZIP)} gzip)`);
  if (gzip > LARGEST_GZIP) throw new Stop(`the bundle is ${kB(gzip - LARGEST_GZIP)} too large: build it without a feature that you do not need, Cargo.toml names them`);
}

function wrangler(...args) {
  return must(process.execPath, [at('node_modules', 'wrangler', 'bin', 'wrangler.js'), ...args], { env: { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' } });
}
