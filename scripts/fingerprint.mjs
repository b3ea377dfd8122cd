// One hash for everything that a build is made from: equal hash, equal build.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT, at } from './paths.mjs';
import { ask } from './shell.mjs';
import { CARGO_TOOLS } from './versions.mjs';

// Tests, examples and documents do not change what is built.
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'src', 'crates/offloop/Cargo.toml', 'crates/offloop/src', 'crates/offloop/js', 'scripts/build.mjs'];

export function fingerprint() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of files(at(source))) {
      hash.update(`${relative(ROOT, file)}\0`).update(readFileSync(file)).update('\0');
    }
  }
  hash.update(Object.values(CARGO_TOOLS).map(({ version }) => version).join()).update(ask('rustc', '--version') ?? '');
  return hash.digest('hex').slice(0, 16);
}

function files(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [path];
  return readdirSync(path).sort().flatMap((name) => files(join(path, name)));
}
