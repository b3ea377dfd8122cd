// `npm run soak -- [minutes] [--rate N]`: drives the edge function with faults in between, and checks that every request is answered right and that
// memory, handles and connections stay flat. Linux only, since it reads /proc.
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { at } from '../../scripts/paths.mjs';
import { main, say } from '../../scripts/shell.mjs';
import { assertAddsUp } from '../edge/client.mjs';
import { start } from '../edge/server.mjs';
import { any } from './traffic.mjs';
import { growth, look } from './watch.mjs';

const SAMPLE_MS = 2_000;
const FAULT_MS = 20_000;
// Processes grow to their size in the first minutes: code is compiled, heaps find their limits. Less of it, if there are not that many minutes.
const WARM_UP_MS = 5 * 60_000;
const FLAT_PERCENT = 5;
// A few handles more or less are timers and the connections of this moment.
const LOOSE_HANDLES = 10;

await main(async (args) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { rate: { type: 'string', default: '25' } } });
  const minutes = Number(positionals[0] ?? 30);
  const server = await start({ args: ['--lanes', '2'], vars: { TIMEOUT_MS: '20000' } });
  try {
    const failures = await soak(server, minutes * 60_000, Number(values.rate));
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    return failures.length ? 1 : 0;
  } finally {
    await server.stop();
  }
});

async function soak(server, length, rate) {
  const record = at('target', 'soak.jsonl');
  mkdirSync(at('target'), { recursive: true });
  rmSync(record, { force: true });
  const begin = performance.now();
  const isOver = () => performance.now() - begin > length;
  const counts = {};
  const wrong = [];
  const samples = [];
  const open = new Set();

  const ask = async () => {
    const [name, request] = any();
    counts[name] = (counts[name] ?? 0) + 1;
    const failed = await request(server).catch((error) => `no answer: ${error.message}`);
    if (failed) wrong.push(`${name} after ${Math.round((performance.now() - begin) / 1000)} s: ${failed}`);
  };
  const traffic = async () => {
    for (let due = begin; !isOver(); due += 1000 / rate) {
      await sleep(Math.max(0, due - performance.now()));
      const request = ask().finally(() => open.delete(request));
      open.add(request);
    }
  };
  const watching = async () => {
    for (; !isOver(); await sleep(SAMPLE_MS)) {
      const { gateway, lanes } = server.state();
      const seconds = Math.round((performance.now() - begin) / 1000);
      // Only what lives through all of it can leak for long.
      const sample = { seconds, gateway: look(gateway), lane: look(lanes[0].pid), asked: Object.values(counts).reduce((a, b) => a + b, 0), open: open.size };
      samples.push(sample);
      appendFileSync(record, `${JSON.stringify(sample)}\n`);
    }
  };
  const faults = async () => {
    for (let round = 0; ; round += 1) {
      await sleep(Math.min(FAULT_MS, Math.max(0, length - FAULT_MS / 2 - (performance.now() - begin))));
      if (performance.now() - begin > length - FAULT_MS) return round;
      // The second lane bears them: the first is watched.
      const { pid } = server.state().lanes[1];
      if (round % 2 === 0) process.kill(pid, 'SIGKILL');
      else {
        process.kill(pid, 'SIGSTOP');
        await sleep(1_000);
        process.kill(pid, 'SIGCONT');
      }
    }
  };

  say(`${(length / 60_000).toFixed(1)} minutes at ${rate} requests a second; figures go to ${record}`);
  const [, , faulted] = await Promise.all([traffic(), watching(), faults()]);
  await Promise.all(open);
  assertAddsUp(await server.idle(30_000));
  const warm = Math.min(WARM_UP_MS, 0.4 * length) / 1000;
  return judge({ counts, wrong, samples, faulted, warm: samples.filter(({ seconds }) => seconds >= warm) });
}

function judge({ counts, wrong, samples, faulted, warm }) {
  const asked = Object.values(counts).reduce((sum, count) => sum + count, 0);
  console.log(`${asked} requests, ${faulted} faults, ${wrong.length} wrong or unanswered: ${JSON.stringify(counts)}`);
  const failures = wrong.slice(0, 20);
  for (const which of ['gateway', 'lane']) {
    const curve = samples.filter((_, index) => index % Math.ceil(samples.length / 12) === 0).map((sample) => sample[which].megabytes.toFixed(1));
    console.log(`${which}: ${curve.join(' ')} MiB`);
    for (const what of ['megabytes', 'handles', 'connections']) {
      const { first, last, percent } = growth(warm.map((sample) => sample[which][what]));
      console.log(`${which} ${what}: ${first.toFixed(1)} after the warm-up, ${last.toFixed(1)} at the end (${percent.toFixed(1)} %)`);
      const isFlat = percent <= FLAT_PERCENT || (what !== 'megabytes' && last - first <= LOOSE_HANDLES);
      if (!isFlat) failures.push(`${what} of the ${which} grew by ${percent.toFixed(1)} %`);
    }
  }
  return failures;
}
