// What is built in: from the registries only, whole, and under licences that allow it. Known vulnerabilities are looked up where the network
// allows it: `npm audit` and `cargo audit` are run by hand, see docs/security.md.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { locked } from './advisories.mjs';
import { at } from './paths.mjs';
import { ask } from './shell.mjs';
import { CARGO_TOOLS } from './versions.mjs';

const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'IJG', 'ISC', 'MIT', 'Unicode-3.0', 'Unlicense', 'Zlib'];
const REGISTRY = 'registry+https://github.com/rust-lang/crates.io-index';

const lock = readFileSync(at('Cargo.lock'), 'utf8').split('[[package]]').slice(1).map((text) => Object.fromEntries([...text.matchAll(/^(name|source|checksum) = "(.*)"$/gm)].map(([, key, value]) => [key, value])));

test('every crate comes from the registry, with a checksum', () => {
  const foreign = lock.filter(({ source }) => source !== undefined);
  assert.ok(foreign.length > 50, `${foreign.length} crates`);
  for (const { name, source, checksum } of foreign) {
    assert.equal(source, REGISTRY, name);
    assert.match(checksum ?? '', /^[0-9a-f]{64}$/, name);
  }
  assert.deepEqual(lock.filter(({ source }) => source === undefined).map(({ name }) => name).filter((name) => !name.startsWith('offloop')), []);
});

test('every crate may be used as the rest is', () => {
  const { packages } = JSON.parse(ask('cargo', 'metadata', '--format-version', '1', '--locked'));
  for (const { name, license } of packages) {
    // All that is joined by AND, and one of what is joined by OR; a slash is an old way to write the latter.
    const parts = (license ?? '').replaceAll('/', ' OR ').split(' AND ');
    const isFree = parts.every((part) => part.replace(/[()]/g, '').split(' OR ').some((one) => ALLOWED.includes(one.trim())));
    assert.ok(isFree, `${name} is under ${license}`);
  }
});

test('every npm package has a checksum, and none is from elsewhere than the registry', () => {
  const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
  for (const [name, { resolved, integrity }] of Object.entries(packages).filter(([name]) => name !== '')) {
    // Without an address it is whatever registry npm is told of.
    if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, name);
    assert.match(integrity ?? '', /^sha512-/, name);
  }
});

test('wasm-bindgen has the version of its command line tool here, and is left to the users of the library', () => {
  const { version } = CARGO_TOOLS['wasm-bindgen-cli'];
  const wanted = (...path) => {
    const { dependencies, target, workspace } = parse(readFileSync(at(...path, 'Cargo.toml'), 'utf8'));
    return { ...target?.['cfg(target_arch = "wasm32")']?.dependencies, ...dependencies, ...workspace?.dependencies }['wasm-bindgen'];
  };
  const examples = at('crates', 'offloop', 'examples');
  const applications = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'Cargo.toml')) && name !== 'native');
  assert.ok(applications.length > 3, `${applications}`);
  for (const path of [[], ...applications.map((name) => ['crates', 'offloop', 'examples', name])]) assert.equal(wanted(...path), `=${version}`, path.join('/'));
  assert.match(wanted('crates', 'offloop'), /^0\.2\.\d+$/);
  assert.deepEqual(locked(readFileSync(at('Cargo.lock'), 'utf8')).filter(({ name }) => name === 'wasm-bindgen'), [{ name: 'wasm-bindgen', version }]);
});
