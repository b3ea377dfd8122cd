// Installs what a command needs and no more. Before `npm ci` only node's own modules may be imported from here.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exclusively } from './lock.mjs';
import { at, CACHE, tool, toolFolder } from './paths.mjs';
import { ask, must, run, say, seconds, Stop } from './shell.mjs';
import { atLeast, CARGO_TOOLS, RUST } from './versions.mjs';

// `tools` are crates of CARGO_TOOLS.
export async function install({ tools = [] } = {}) {
  checkRust();
  await npmPackages();
  await wasmTarget();
  for (const crate of tools) await cargoTool(crate);
  const { CARGO_TARGET_DIR: leftovers } = TOOL_PROFILE;
  // A gigabyte that nobody reads again, unless somebody else is installing at this moment.
  if (existsSync(leftovers)) await exclusively(INSTALLING, () => rmSync(leftovers, { recursive: true, force: true }));
}

function checkRust() {
  const rust = 'Install Rust with rustup (https://rustup.rs) and try again.';
  if (ask('cargo', '--version') === null) throw new Stop(`cargo is not on the PATH, or does not start. ${rust}`);
  const found = ask('rustc', '--version')?.split(' ')[1];
  if (!found) throw new Stop(`rustc is not on the PATH, or does not start. ${rust}`);
  if (!atLeast(found, RUST)) throw new Stop(`rustc ${RUST.join('.')} or newer is needed, this is ${found}. Run \`rustup update stable\` and try again.`);
}

// `folder` has a package.json and a lock file; its node_modules is brought up to them only when they have changed.
export async function npmPackages(folder = at()) {
  const stamp = join(folder, 'node_modules', '.offloop-lock');
  const wanted = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  const isDone = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isDone()) return;
  await exclusively(at('.run', 'npm.lock'), async () => {
    if (isDone()) return;
    const since = Date.now();
    say('installing the npm packages');
    // Their install scripts only check or link prebuilt binaries that the packages already hold.
    await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, quiet: true, label: 'npm ci' });
    writeFileSync(stamp, wanted);
    say(`npm packages installed in ${seconds(since)}`);
  });
}

async function wasmTarget() {
  const library = ask('rustc', '--print', 'target-libdir', '--target', 'wasm32-unknown-unknown');
  if (library && existsSync(library)) return;
  if (ask('rustup', '--version') === null) {
    throw new Stop('Rust\'s standard library for wasm32-unknown-unknown is missing and there is no rustup to add it. Install it with your package manager.');
  }
  await must('rustup', ['target', 'add', 'wasm32-unknown-unknown']);
}

async function cargoTool(crate) {
  const { version, optimise, bins } = CARGO_TOOLS[crate];
  const installed = () => bins.every((bin) => existsSync(tool(bin)));
  if (installed()) return;
  await exclusively(INSTALLING, async () => {
    if (installed()) return;
    const since = Date.now();
    say(`installing ${crate} ${version} (once per machine, a few minutes)`);
    const args = ['install', '--locked', '--root', toolFolder(crate), '--version', version, crate];
    const env = { ...TOOL_PROFILE, CARGO_PROFILE_RELEASE_OPT_LEVEL: String(optimise) };
    const { code, output } = await run('cargo', args, { env, quiet: true, label: `installing ${crate}` });
    if (code !== 0) throw new Stop(`${output}\ncargo could not install ${crate} ${version}; the end of its output is above.`);
    say(`${crate} installed in ${seconds(since)}`);
  });
}

const INSTALLING = join(CACHE, 'install.lock');

// One target folder, so that what the tools share is compiled once.
const TOOL_PROFILE = {
  CARGO_TARGET_DIR: join(CACHE, 'target'),
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
};
