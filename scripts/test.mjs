// `npm test`: runs the suites one after the other, passes their output on, and ends with one line that adds everything up.
import { parseArgs } from 'node:util';
import { verdict } from './count.mjs';
import { npmPackages } from './install.mjs';
import { record } from './promises.mjs';
import { main, run, say, seconds, Stop } from './shell.mjs';
import { SUITES } from './suites.mjs';

await main(async (args) => {
  const { values } = parseArgs({ args, options: { only: { type: 'string' }, lints: { type: 'boolean' }, list: { type: 'boolean' } } });
  if (values.list) return console.log(SUITES.map(({ name }) => name).join('\n'));
  const suites = choose(values);
  await npmPackages();
  const results = [];
  for (const suite of suites) results.push(await runSuite(suite));

  console.log('\nsuite            passed  failed skipped  seconds (preparation + run)');
  for (const { name, passed, failed, skipped, times } of results) {
    console.log(`${name.padEnd(16)} ${[passed, failed, skipped].map((n) => String(n).padStart(7)).join(' ')}  ${times.join(' + ')}`);
  }
  const sum = (kind) => results.reduce((total, result) => total + result[kind], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
  return sum('failed') ? 1 : 0;
});

function choose({ only, lints }) {
  if (!only) return SUITES.filter(({ lint }) => lints || !lint);
  return only.split(',').map((wanted) => {
    const suite = SUITES.find(({ name }) => name === wanted);
    if (!suite) throw new Stop(`there is no suite ${wanted}; there are ${SUITES.map(({ name }) => name).join(', ')}`);
    return suite;
  });
}

async function runSuite({ name, lint, prepare, command }) {
  say(`--- ${name}`);
  const start = Date.now();
  let prepared = start;
  let output = '';
  let code = 1;
  try {
    await prepare?.();
    const { program, args, env } = await command();
    prepared = Date.now();
    ({ code } = await run(program, args, { env, onOutput: (chunk) => (output += chunk) }));
  } catch (error) {
    // The other suites still have something to tell.
    console.error(error instanceof Stop ? `offloop: ${error.message}` : error);
  }
  const result = verdict({ code, output, single: lint });
  record(name, output);
  say(`--- ${name}: ${result.passed} passed, ${result.failed} failed in ${seconds(start)}`);
  return { name, ...result, times: [Math.round((prepared - start) / 1000), Math.round((Date.now() - prepared) / 1000)] };
}
