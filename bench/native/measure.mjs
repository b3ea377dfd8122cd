// The native figures, taken by one program in one process; memory by two processes for each, with few lanes and with many.
import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { spawnGroup } from '../../scripts/groups.mjs';
import { at } from '../../scripts/paths.mjs';
import { must, say, Stop } from '../../scripts/shell.mjs';
import { add, figure } from '../figure.mjs';

const PEERS = ['offloop', 'tokio', 'blocking', 'rayon'];
const PROGRAM = at('target', 'bench', 'native', 'native');
const LANES = 64;

export async function measure({ rounds, quick }) {
  const env = { CARGO_TARGET_DIR: at('target', 'bench') };
  await must('cargo', ['build', '--profile', 'native', '-p', 'native'], { cwd: at('bench'), env, label: 'building the native program' });
  const of = (id, title, unit, options) => figure('native', id, title, unit, { against: ['tokio', 'blocking'], ...options });
  const figures = {
    start: of('start', 'two threads, from nothing to their first answers', 'ms'),
    trip: of('trip', 'round trip of a trivial call', 'µs'),
    trip99: of('trip99', 'its 99th percentile', 'µs'),
    rate1: of('rate1', 'trivial calls, one at a time', 'calls/s', { better: 'more', target: 1 }),
    rate64: of('rate64', 'trivial calls, 64 in flight', 'calls/s', { better: 'more', target: 1 }),
    map: of('map', 'a stream of small items', 'items/s', { better: 'more', against: [] }),
    speedup: of('speedup', 'speed-up of real computing on two threads', '×', { better: 'more' }),
    memory: of('memory', 'memory of a further idle lane', 'KiB', { target: 1 }),
  };
  say('native');
  const child = spawnGroup(PROGRAM, ['figures', String(rounds), quick ? '1' : '4'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, BLOCKING_MAX_THREADS: '2' } });
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const { peer, figure, value } = JSON.parse(line);
    add(figures[figure], peer, value);
  }
  if ((await ended) !== 0) throw new Stop(`${PROGRAM} failed`);
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of PEERS) {
      const [one, many] = [1, LANES].map((lanes) => Number(execFileSync(PROGRAM, ['memory', peer, String(lanes)], { env: { ...process.env, BLOCKING_MAX_THREADS: String(lanes) } })));
      add(figures.memory, peer, (many - one) / (LANES - 1) / 1024);
    }
  }
  return Object.values(figures);
}
