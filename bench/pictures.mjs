// Thumbnails of 12-megapixel pictures, and what they leave for others: `node bench/pictures.mjs [--rounds 5]`.
// Needs ImageMagick's `convert`, which makes the pictures and is what the wasm module is compared with. Takes about a minute.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { edgeModule } from '../tests/edge/instance.mjs';
import { start } from '../tests/edge/server.mjs';
import { pinged } from './edge/load.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const ROUNDS = Number(values.rounds);
const SIDE = 320;
const SECONDS = 4;

const folder = mkdtempSync(join(tmpdir(), 'offloop-pictures-'));
const scene = fileURLToPath(new URL('../tests/fixtures/pictures/rgb.png', import.meta.url));
const KINDS = { jpg: ['-seed', '7', '-attenuate', '1', '+noise', 'gaussian', '-quality', '85'], png: ['-quality', '61'] };
// Some four megabytes each, as from a camera.
const picture = (kind) => {
  const file = join(folder, `picture.${kind}`);
  execFileSync('convert', [scene, '-resize', '4000x3000!', ...KINDS[kind], file]);
  return { kind, file, bytes: readFileSync(file) };
};
const sort = (numbers) => numbers.toSorted((a, b) => a - b);
const at = (numbers, share) => sort(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];
const told = (numbers) => `${at(numbers, 0.5).toFixed(1)} ms (${Math.min(...numbers).toFixed(1)} to ${Math.max(...numbers).toFixed(1)})`;

async function timed(work) {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

console.log(`${cpus()[0].model}, ${availableParallelism()} cores, node ${process.version}; ${ROUNDS} rounds, median (lowest to highest)`);
const instance = await edgeModule();
const pictures = Object.keys(KINDS).map(picture);
for (const { kind, file, bytes } of pictures) {
  const { fetch } = await instance();
  const ask = async () => {
    const response = await fetch(`/thumbnail?width=${SIDE}`, { method: 'POST', body: bytes, headers: { 'content-length': `${bytes.length}` } });
    if (!response.ok) throw new Error(await response.text());
    await response.arrayBuffer();
  };
  // Until the engine has compiled it well.
  await ask();
  await ask();
  const [ours, theirs] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(ask));
    // It may reduce JPEGs while it decodes them, too.
    const reduce = ['-define', `jpeg:size=${2 * SIDE}x${2 * SIDE}`];
    theirs.push(await timed(() => execFileSync('convert', ['-limit', 'thread', '1', ...reduce, file, '-resize', `${SIDE}x`, join(folder, `small.${kind}`)])));
  }
  console.log(`12 MP ${kind} of ${(bytes.length / 1e6).toFixed(1)} MB to ${SIDE}: wasm ${told(ours)}; ImageMagick, one thread, ${told(theirs)}; ratio ${(at(theirs, 0.5) / at(ours, 0.5)).toFixed(2)}`);
}

const server = await start({ args: ['--lanes', '2'] });
try {
  for (const { kind, bytes } of pictures) {
    const url = `http://127.0.0.1:${server.port}/thumbnail?width=${SIDE}`;
    const eight = () => Promise.all(Array.from({ length: 8 }, async () => {
      let response = await fetch(url, { method: 'POST', body: bytes });
      // Lanes take only so many bytes at a time.
      for (; response.status === 503; response = await fetch(url, { method: 'POST', body: bytes })) await sleep(5);
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
    }));
    await eight();
    await eight();
    const [idle] = await pinged([server], 1);
    const [took, busy] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      let over = false;
      const work = (async () => { while (!over) took.push(await timed(eight)); })();
      busy.push(...(await pinged([server], SECONDS)));
      over = true;
      await work;
    }
    const beside = (share) => told(busy.map((numbers) => at(numbers, share)));
    console.log(`eight 12 MP ${kind} at a time: ${told(took)} for eight; /ping every 10 ms meanwhile ${beside(0.5)}, at 99 % ${beside(0.99)}, longest ${beside(1)}; idle ${at(idle, 0.5).toFixed(1)} ms, at 99 % ${at(idle, 0.99).toFixed(1)} ms`);
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
