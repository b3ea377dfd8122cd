// The table of promises: what the conformance suite found on each platform. `node scripts/promises.mjs` writes it into README.md and
// docs/promises.md; tests/promises holds both to what ran last.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { at } from './paths.mjs';
import { main, Stop } from './shell.mjs';

const ESCAPES = /\u001b\[[0-9;]*m/g;
// Of cargo and wasm-bindgen's runner, and of node's. A worker's error may stand before a line of the former.
const CARGO = /test (\w+)::(threads|inline|web_workers)::(instead::)?(\w+) \.\.\. ok$/gm;
const NODE = /✔ (\w+)::workerd, (one process|several processes)::(instead::)?(\w+) \(/gm;

// The columns: which suite runs what there.
export const PLATFORMS = [
  { title: 'threads', suite: 'native', place: 'threads' },
  { title: 'inline', suite: 'native', place: 'inline' },
  { title: 'Chrome', suite: 'wasm-chrome', place: 'web_workers' },
  { title: 'Firefox', suite: 'wasm-firefox', place: 'web_workers' },
  { title: 'wasm, inline', suite: 'wasm-firefox', place: 'inline' },
  { title: 'workerd, one process', suite: 'promises-edge', place: 'one process' },
  { title: 'workerd, several', suite: 'promises-edge', place: 'several processes' },
];

export const KEPT = '✓';
export const INSTEAD = '≠';
const foundBy = (suite) => at('target', 'promises', `${suite}.json`);

// Every promise that the output of a suite says was kept, by the place where: `{ place: { 'group::name': '✓' } }`.
export function read(output) {
  const found = {};
  for (const pattern of [CARGO, NODE]) {
    for (const [, group, place, instead, name] of output.replace(ESCAPES, '').matchAll(pattern)) {
      (found[place] ??= {})[`${group}::${name}`] = instead ? INSTEAD : KEPT;
    }
  }
  return found;
}

// Called after each suite. Without promises in it there is nothing to remember.
export function record(suite, output) {
  if (!PLATFORMS.some((platform) => platform.suite === suite)) return;
  mkdirSync(at('target', 'promises'), { recursive: true });
  writeFileSync(foundBy(suite), JSON.stringify(read(output)));
}

// What ran last on a platform.
export function found({ suite, place }) {
  if (!existsSync(foundBy(suite))) throw new Stop(`nothing is known of the suite ${suite} yet, run: npm test -- --only ${[...new Set(PLATFORMS.map((platform) => platform.suite))].join(',')}`);
  return JSON.parse(readFileSync(foundBy(suite), 'utf8'))[place] ?? {};
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const head = (first) => [row([first, ...PLATFORMS.map(({ title }) => title)]), row(['---', ...PLATFORMS.map(() => '---')])];
const words = (name) => name.replaceAll('_', ' ');

function all() {
  const cells = PLATFORMS.map(found);
  const names = [...new Set(cells.flatMap(Object.keys))].sort();
  const groups = new Map();
  for (const name of names) groups.set(groupOf(name), [...(groups.get(groupOf(name)) ?? []), name]);
  return { cells, groups };
}

const groupOf = (name) => name.split('::')[0];

// Each promise with a cell for each platform.
export function long() {
  const { cells, groups } = all();
  const tables = [...groups].map(([group, names]) => {
    const rows = names.map((name) => row([words(name.split('::')[1]), ...cells.map((cell) => cell[name] ?? 'not run')]));
    return [`## ${group}`, '', ...head('promise'), ...rows].join('\n');
  });
  return tables.join('\n\n');
}

// How many of each kind.
export function short() {
  const { cells, groups } = all();
  return counted(groups, cells);
}

export function counted(groups, cells) {
  const rows = [...groups].map(([group, names]) => {
    const counts = cells.map((cell) => {
      const [kept, instead] = [KEPT, INSTEAD].map((mark) => names.filter((name) => cell[name] === mark).length);
      return instead ? `${kept} + ${instead}` : `${kept}`;
    });
    return row([group, ...counts]);
  });
  return [...head('promises'), ...rows].join('\n');
}

// The files with a table, and where it stands in them.
export const FILES = [
  { file: 'README.md', table: short },
  { file: 'docs/promises.md', table: long },
];
const PART = /(<!-- promises -->\n)[^]*?(\n<!-- end of promises -->)/;

export function tableIn(text) {
  return PART.exec(text)?.[0].split('\n').slice(1, -1).join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(() => {
    for (const { file, table } of FILES) {
      const text = readFileSync(at(file), 'utf8');
      if (!PART.test(text)) throw new Stop(`${file} has no place for the table: <!-- promises --> and <!-- end of promises -->`);
      writeFileSync(at(file), text.replace(PART, (_, before, after) => before + table() + after));
    }
  });
}
