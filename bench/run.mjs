// Offloop beside what a user would pick instead, on this machine: `npm run bench [-- --quick] [-- --only browser,native,edge,growth]`.
// Prints a table, and writes it with all single values and a chart into bench/results/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { install, npmPackages } from '../scripts/install.mjs';
import { at } from '../scripts/paths.mjs';
import { main, say, Stop } from '../scripts/shell.mjs';

const GROUPS = ['browser', 'native', 'edge', 'growth'];

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: { quick: { type: 'boolean' }, rounds: { type: 'string' }, only: { type: 'string', default: GROUPS.join(',') }, out: { type: 'string' } },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
  const groups = values.only.split(',');
  const unknown = groups.filter((group) => !GROUPS.includes(group));
  if (unknown.length) throw new Stop(`there is no group ${unknown.join(', ')}; there are ${GROUPS.join(', ')}`);

  await install({ tools: ['wasm-bindgen-cli'] });
  await npmPackages(at('bench'));
  // What is not installed before cannot be imported above.
  const { draw } = await import('./chart.mjs');
  const { table } = await import('./table.mjs');
  const figures = [];
  for (const group of groups) {
    const { measure } = await import(`./${group}/measure.mjs`);
    figures.push(...(await measure({ rounds, quick: Boolean(values.quick) })));
  }

  const results = { machine: machine(), rounds, quick: Boolean(values.quick), figures };
  const folder = values.out ?? at('bench', 'results');
  mkdirSync(folder, { recursive: true });
  const text = table(results);
  writeFileSync(`${folder}/results.json`, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(`${folder}/results.md`, text);
  for (const [name, svg] of draw(results)) writeFileSync(`${folder}/${name}.svg`, svg);
  console.log(`\n${text}`);
  say(`written to ${folder}: results.md, results.json and charts`);
});

function machine() {
  const version = (program, ...args) => {
    try {
      return execFileSync(program, args, { encoding: 'utf8' }).trim();
    } catch {
      return null;
    }
  };
  const lock = JSON.parse(readFileSync(at('bench', 'package-lock.json'), 'utf8')).packages;
  const crates = readFileSync(at('bench', 'Cargo.lock'), 'utf8');
  const python = readFileSync(at('bench', 'edge', 'python', 'requirements.txt'), 'utf8').trim().split('\n').map((line) => line.replace('==', ' '));
  const workerd = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages['node_modules/workerd']?.version;
  const crate = (name) => new RegExp(`name = "${name}"\\nversion = "([^"]+)"`).exec(crates)?.[1];
  const entries = (names, find) => names.map((name) => `${name} ${find(name)}`).filter((entry) => !entry.endsWith('undefined'));
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: version('uname', '-srm'),
    versions: [
      version('rustc', '--version'),
      version('chromium', '--version'),
      `node ${process.version}`,
      ...entries(['comlink', 'workerpool'], (name) => lock[`node_modules/${name}`]?.version),
      ...entries(['workerd'], () => workerd),
      version('python3', '--version'),
      ...python,
      ...entries(['gloo-worker', 'wasmworker', 'tokio', 'blocking', 'rayon'], crate),
    ].filter(Boolean),
  };
}
