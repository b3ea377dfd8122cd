// `npm run soak -- [minutes] [--rate N] [--only edge|page]`: drives the edge function, and the page that it serves in a browser, with faults in
// between; checks that every request is answered right and that memory, handles, connections, workers and listeners stay flat. Linux only, since it
// reads /proc.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at } from '../../scripts/paths.mjs';
import { main, say, Stop } from '../../scripts/shell.mjs';
import { start } from '../edge/server.mjs';
import { soakEdge } from './edge.mjs';
import { soakPage } from './page.mjs';
import { judge } from './watch.mjs';

// Processes grow to their size in the first minutes: code is compiled, heaps find their limits. Less of it, if there are not that many minutes.
const WARM_UP_MS = 5 * 60_000;

const DRIVERS = { edge: soakEdge, page: soakPage };

await main(async (args) => {
  const string = { type: 'string' };
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { rate: { ...string, default: '25' }, only: string } });
  const length = Number(positionals[0] ?? 30) * 60_000;
  const chosen = values.only ? [values.only] : Object.keys(DRIVERS);
  if (!chosen.every((name) => name in DRIVERS)) throw new Stop(`--only edge or --only page, not ${values.only}`);
  const server = await start({ args: ['--lanes', '2', '--inspect'], vars: { TIMEOUT_MS: '20000' } });
  try {
    const record = at('target', 'soak.json');
    say(`${(length / 60_000).toFixed(1)} minutes of ${chosen.join(' and ')}, ${values.rate} requests a second; the figures go to ${record}`);
    const begin = performance.now();
    const warm = Math.min(WARM_UP_MS, 0.4 * length);
    const clock = { passed: () => performance.now() - begin, left: () => length - (performance.now() - begin), length, warm };
    const seen = await Promise.all(chosen.map((name) => DRIVERS[name](server, clock, Number(values.rate))));
    mkdirSync(at('target'), { recursive: true });
    writeFileSync(record, JSON.stringify(seen));
    const failures = seen.flatMap((run) => judge(run, warm / 1000));
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    return failures.length ? 1 : 0;
  } finally {
    await server.stop();
  }
});
