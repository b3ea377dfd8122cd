// How cost grows in the browser with lanes, jobs in flight and bytes: the best of some rounds at each size, as lines.
import { say } from '../../scripts/shell.mjs';
import { build } from '../browser/build.mjs';
import { open, script, SHARED } from '../browser/site.mjs';
import { figure, median } from '../figure.mjs';

const PEERS = ['raw', 'offloop', SHARED];
const LANES = [1, 2, 4, 8, 16, 32, 64];
const JOBS = [1, 10, 100, 1_000, 10_000, 100_000];
const BYTES = [1, 2 ** 10, 2 ** 15, 2 ** 20, 2 ** 23, 2 ** 26];

export async function measure({ rounds, quick }) {
  await build('ours');
  const { bench, close } = await open();
  const lines = [
    line('start', 'starting so many lanes, to the first answers of all', 'ms', 'lanes', LANES, (peer, lanes) => bench('start', peer, lanes)),
    line('jobs', 'so many trivial calls at once, two lanes', 'ms', 'calls', JOBS, (peer, jobs) => bench('measure', peer, 'flight', jobs, jobs)),
    line('bytes', 'so many bytes in and out', 'ms', 'bytes', BYTES, async (peer, bytes) => median(await bench('measure', peer, 'bytes', bytes, 3))),
  ];
  try {
    for (const { figure, sizes, take } of lines) {
      say(`growth: ${figure.title}`);
      for (const size of sizes) {
        const values = Object.fromEntries(PEERS.map((peer) => [peer, []]));
        for (let round = 0; round < (quick ? 2 : Math.min(rounds, 5)); round += 1) {
          for (const peer of PEERS) values[peer].push(await take(script(peer), size));
        }
        for (const peer of PEERS) figure.points[peer].push([size, Math.min(...values[peer])]);
      }
    }
  } finally {
    await close();
  }
  return lines.map(({ figure }) => figure);
}

function line(id, title, unit, axis, sizes, take) {
  const points = Object.fromEntries(PEERS.map((peer) => [peer, []]));
  return { figure: { ...figure('growth', id, title, unit), axis, points }, sizes, take };
}
