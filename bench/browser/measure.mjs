// The browser's figures: each round takes every figure of every peer once, in another order each time.
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../scripts/shell.mjs';
import { add, figure, median, quantile } from '../figure.mjs';
import { build, buildRayon, smallest } from './build.mjs';
import { open, script, SHARED } from './site.mjs';

const OTHERS = ['comlink', 'workerpool', 'gloo-worker', 'wasmworker'];
const POOLS = ['raw', 'offloop', SHARED, ...OTHERS];
// One pool in a page, so that what takes several is not asked of it; and no message passes, so that it is none of the others.
const RAYON = 'wasm-bindgen-rayon';
const PEERS = [...POOLS];
// What a task takes and gives in place of a `Blob`.
const VECTORS = [['vector', 'offloop, `Vec<u8>`'], ['result', 'offloop, `Option` to `Result`'], ['floats', 'offloop, `Vec<f32>`']];
const FLIGHT = 64;
const TURNS = 10;
const MIB = 2 ** 20;
// The browser asks every worker for its memory, and some answer late or never.
const PATIENCE = 10_000;

export async function measure({ rounds, quick }) {
  await build('ours', 'gloo', 'wasmworker-page');
  if (await buildRayon()) PEERS.push(RAYON);
  else say(`${RAYON} is left out: it needs the standard library's sources, which rustup toolchain install nightly -c rust-src brings`);
  const scale = quick ? 1 : 4;
  const calls = quick ? 100_000 : 1_000_000;
  const of = (id, title, unit, options) => figure('browser', id, title, unit, { against: ['raw'], ...options });
  const figures = {
    start: of('start', 'two lanes, from nothing to their first answers', 'ms', { target: 1.3 }),
    trip: of('trip', 'round trip of a trivial call', 'µs', { target: 1.15 }),
    shared: of('shared', 'the same through shared memory', 'µs', { ours: SHARED, target: 0.6 }),
    trip99: of('trip99', 'its 99th percentile', 'µs'),
    rate: of('rate', `trivial calls, ${FLIGHT} in flight`, 'calls/s', { better: 'more', against: OTHERS, target: 8 }),
    map: of('map', '`map` over 100,000 small items', 'items/s', { better: 'more', against: [] }),
    mib1: of('mib1', '1 MiB in and out', 'ms', { target: 1.2 }),
    mib16: of('mib16', '16 MiB in and out', 'ms', { target: 1.2 }),
    job: of('job', '32 jobs of real computing', 'ms', { target: 1.03 }),
    gap: of('gap', 'longest gap of the main thread meanwhile', 'ms'),
    memory: of('memory', 'memory of a further idle lane', 'KiB'),
    heap: of('heap', `growth of the page over ${calls.toLocaleString('en')} calls, wasm memory included`, 'KiB', { against: [] }),
    size: of('size', 'a page with one trivial task, all scripts and wasm', 'kB gzip', { against: [] }),
  };
  add(figures.size, 'offloop', (await smallest()) / 1_000);
  const { bench, heap, close } = await open();
  const measured = (peer, ...what) => bench('measure', script(peer), ...what);
  try {
    await warmUp(bench);
    for (let round = 0; round < rounds; round += 1) {
      say(`browser, round ${round + 1} of ${rounds}`);
      await each(round, async (peer) => add(figures.start, peer, await bench('start', script(peer), 2)), POOLS);
      // In short turns: on which processors page and worker are, and so how far apart, changes from one second to the next.
      const trips = Object.fromEntries(PEERS.map((peer) => [peer, []]));
      for (let turn = 0; turn < TURNS; turn += 1) {
        await each(round + turn, async (peer) => trips[peer].push(...(await measured(peer, 'trips', (500 * scale) / TURNS))));
      }
      for (const peer of PEERS) {
        const took = trips[peer].map((ms) => ms * 1_000);
        add(figures.trip, peer, median(took));
        if (['raw', SHARED].includes(peer)) add(figures.shared, peer, median(took));
        add(figures.trip99, peer, quantile(took, 0.99));
      }
      await each(round, async (peer) => {
        const total = 5_000 * scale;
        add(figures.rate, peer, (total / (await measured(peer, 'flight', total, FLIGHT))) * 1_000);
      });
      const batched = async (peer) => (50_000 / (await bench('measure', peer, 'batched', 50_000, FLIGHT))) * 1_000;
      add(figures.rate, 'raw, 32 in a message', await batched('raw'));
      if (PEERS.includes(RAYON)) add(figures.rate, `${RAYON}, 32 in a job`, await batched(RAYON));
      for (const peer of ['offloop', SHARED]) add(figures.map, peer, (100_000 / (await measured(peer, 'map', 100_000))) * 1_000);
      for (const [what, length, count] of [[figures.mib1, MIB, 10], [figures.mib16, 16 * MIB, 3]]) {
        await each(round, async (peer) => add(what, peer, median(await measured(peer, 'bytes', length, count * Math.sqrt(scale)))));
        for (const [kind, name] of VECTORS) add(what, name, median(await measured('offloop', kind, length, count * Math.sqrt(scale))));
      }
      await each(round, async (peer) => add(figures.job, peer, await measured(peer, 'spin', 32, 10_000_000)));
      await each(round, async (peer) => add(figures.gap, peer, await bench('gap', script(peer), 8, 4_000_000 * scale)));
    }
    for (const peer of ['offloop', SHARED]) {
      const before = await heap();
      await measured(peer, 'flight', calls, FLIGHT);
      add(figures.heap, peer, ((await heap()) - before) / 1024);
    }
  } finally {
    await close();
  }
  for (const peer of POOLS) await memory(figures.memory, peer);
  return Object.values(figures);
}

// In a page of its own: other peers' workers would be asked, too.
async function memory(figure, peer) {
  const { bench, close } = await open();
  const bytes = await Promise.race([bench('memoryPerLane', script(peer), 4), sleep(PATIENCE)]).catch(() => undefined);
  await close();
  if (bytes) add(figure, peer, bytes / 1024);
  else say(`the browser did not tell the memory of ${peer} within ${PATIENCE / 1_000} s`);
}

// The first peer of a round differs, so that none is always the one that finds the machine cold.
async function each(round, measure, peers = PEERS) {
  for (let index = 0; index < peers.length; index += 1) await measure(peers[(index + round) % peers.length]);
}

// Until the engine has compiled everything at its best.
async function warmUp(bench) {
  for (const peer of PEERS.map(script)) {
    if (peer !== RAYON) await bench('start', peer, 2);
    await bench('measure', peer, 'trips', 500);
    await bench('measure', peer, 'flight', 5_000, FLIGHT);
    await bench('measure', peer, 'bytes', MIB, 3);
    await bench('measure', peer, 'spin', 4, 1_000_000);
  }
}
