// `node scripts/advisories.mjs FOLDER`: which crates of Cargo.lock have an advisory, by a checkout of github.com/RustSec/advisory-db. What
// `cargo audit` does, for machines on which that cannot be installed or may not ask the network.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'smol-toml';
import { at } from './paths.mjs';
import { main, Stop } from './shell.mjs';

/** `[{ name, version }]` of a lock file. */
export function locked(text) {
  return parse(text).package.map(({ name, version }) => ({ name, version }));
}

/** The advisories that concern one of these crates. */
export function concerned(crates, advisories) {
  return advisories.flatMap(({ advisory, versions = {} }) => {
    if (advisory.withdrawn) return [];
    const safe = [...(versions.patched ?? []), ...(versions.unaffected ?? [])];
    return crates
      .filter(({ name, version }) => name === advisory.package && !safe.some((wanted) => fits(version, wanted)))
      .map(({ name, version }) => ({ id: advisory.id, name, version, kind: advisory.informational ?? 'vulnerability' }));
  });
}

/** Whether a version meets a requirement as Cargo writes it: comparisons joined by commas. */
export function fits(version, requirement) {
  return requirement.split(',').every((part) => {
    const [, operator, bound] = /^\s*(>=|<=|>|<|=|\^|~)?\s*([\d.*]+)\S*\s*$/.exec(part) ?? [];
    if (bound === undefined) throw new Stop(`an advisory names the versions "${requirement}", which this script cannot read: teach it in fits()`);
    const parts = bound.split('.').filter((number) => number !== '*').map(Number);
    const order = compare(numbers(version), parts);
    if (operator === '>=') return order >= 0;
    if (operator === '<=') return order <= 0;
    if (operator === '>') return order > 0;
    if (operator === '<') return order < 0;
    // What may not change: everything that is named, all but the last number that is, or all up to the first that is not 0.
    const first = parts.findIndex((number) => number !== 0);
    const fixed = { '=': parts.length, '~': Math.min(2, parts.length) }[operator] ?? (first < 0 ? parts.length : first + 1);
    return order >= 0 && compare(numbers(version).slice(0, fixed), parts.slice(0, fixed)) === 0;
  });
}

const numbers = (version) => version.split(/[-+]/)[0].split('.').map(Number);

function compare(one, other) {
  for (let at = 0; at < 3; at += 1) {
    if ((one[at] ?? 0) !== (other[at] ?? 0)) return Math.sign((one[at] ?? 0) - (other[at] ?? 0));
  }
  return 0;
}

function read(folder) {
  const files = readdirSync(join(folder, 'crates'), { recursive: true }).filter((file) => /RUSTSEC-.*\.md$/.test(file));
  return files.map((file) => parse(/^```toml\n([^]*?)\n```/m.exec(readFileSync(join(folder, 'crates', file), 'utf8').replaceAll('\r', ''))[1]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(([folder]) => {
    if (!folder) throw new Stop('name the folder with a checkout of https://github.com/RustSec/advisory-db: node scripts/advisories.mjs FOLDER');
    const [crates, advisories] = [locked(readFileSync(at('Cargo.lock'), 'utf8')), read(folder)];
    const found = concerned(crates, advisories);
    const latest = advisories.map(({ advisory }) => String(advisory.date?.toISOString?.().slice(0, 10) ?? advisory.date)).sort().at(-1);
    console.log(`${crates.length} crates, ${advisories.length} advisories, the latest of ${latest}: ${found.length} concern them`);
    for (const { id, name, version, kind } of found) console.log(`${id}: ${name} ${version}, ${kind}`);
    return found.some(({ kind }) => kind === 'vulnerability') ? 1 : 0;
  });
}
