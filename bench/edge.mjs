// What the edge function does on this machine, in figures: `node bench/edge.mjs [--rounds 3] [--quick]`. Takes some two minutes.
// Starts its own servers. Uses wrk for requests per second if it is installed, since node's client is slower than the server.
import { execFile, spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { Connection } from './connection.mjs';
import { start } from '../tests/edge/server.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, quick: { type: 'boolean' } } });
const ROUNDS = Number(values.rounds);
const SECONDS = values.quick ? 2 : 5;
const LARGE = values.quick ? 300_000_000 : 1_500_000_000;
const HAS_WRK = spawnSync('wrk', ['--version']).error === undefined;

console.log(`${cpus()[0].model}, ${availableParallelism()} cores, node ${process.version}; ${ROUNDS} rounds, median (lowest to highest)`);
await measured('two lane processes', ['--lanes', '2'], async (server) => {
  await crowd(server, 2_000);
  await rate(server, '/async-cpu?number=10000', 16);
  await rate(server, '/ping', 16);
  await overhead(server);
  await pingsUnderLoad(server);
});
await measured('two lane processes, everything on lanes', ['--lanes', '2', '--var', 'INLINE_BELOW:0'], async (server) => {
  await rate(server, '/async-cpu?number=10000', 16);
  await overhead(server);
});
await measured('one process', ['--one-process'], async (server) => {
  await rate(server, '/async-cpu?number=10000', 16);
  await overhead(server);
});
await speedUp();

async function measured(title, args, measure) {
  const server = await start({ args });
  try {
    console.log(`\n${title}`);
    await server.get('/async-cpu?number=20000000');
    await measure(server);
  } finally {
    await server.stop();
  }
}

function report(what, numbers, unit, digits = 1) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const text = [median(sorted), sorted[0], sorted.at(-1)].map((number) => number.toFixed(digits));
  console.log(`  ${what.padEnd(58)} ${text[0].padStart(9)} ${unit} (${text[1]} to ${text[2]})`);
}

function median(sorted) {
  return at(sorted, 0.5);
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

async function rounds(measure) {
  const numbers = [];
  for (let round = 0; round < ROUNDS; round += 1) numbers.push(await measure());
  return numbers;
}

async function crowd({ port }, count) {
  let lost = 0;
  const all = { least: [], median: [], most: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const connections = await Promise.all(Array.from({ length: count }, () => Connection.to(port)));
    const answers = await Promise.all(connections.map((connection) => connection.get('/async-io?seconds=1').catch(() => null)));
    connections.forEach((connection) => connection.close());
    lost += answers.filter((answer) => answer?.status !== 200).length;
    const ms = answers.filter(Boolean).map((answer) => answer.ms).sort((a, b) => a - b);
    all.median.push(median(ms));
    all.most.push(ms.at(-1));
  }
  report(`${count} at once /async-io?seconds=1, median`, all.median, 'ms', 0);
  report(`${count} at once /async-io?seconds=1, slowest`, all.most, 'ms', 0);
  console.log(`  ${'of which were not answered with 200'.padEnd(58)} ${String(lost).padStart(9)}`);
}

async function rate({ port }, path, connections) {
  const numbers = await rounds(async () => {
    if (!HAS_WRK) return ownRate(port, path, connections);
    const url = `http://127.0.0.1:${port}${path}`;
    const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${connections}`, `-d${SECONDS}s`, url]);
    if (stdout.includes('Non-2xx')) throw new Error(stdout);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
  });
  report(`${path}, ${connections} connections${HAS_WRK ? '' : ' (without wrk: too low)'}`, numbers, 'requests/s', 0);
}

async function ownRate(port, path, count) {
  const end = performance.now() + SECONDS * 1_000;
  let answers = 0;
  const one = async () => {
    const connection = await Connection.to(port);
    for (; performance.now() < end; answers += 1) await connection.get(path);
    connection.close();
  };
  await Promise.all(Array.from({ length: count }, one));
  return answers / SECONDS;
}

// One request after the other on one connection, taken in turns, so that whatever else the machine does hits both.
async function overhead({ port }) {
  const names = ['/ping', '/async-cpu?number=1000'];
  const medians = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const connection = await Connection.to(port);
    const ms = names.map(() => []);
    for (let count = 0; count < 1_000; count += 1) {
      for (const [index, name] of names.entries()) ms[index].push((await connection.get(name)).ms);
    }
    connection.close();
    medians.push(ms.map((each) => median(each.sort((a, b) => a - b)) * 1_000));
  }
  report('/ping, one after the other', medians.map(([ping]) => ping), 'µs', 0);
  report('overhead of /async-cpu?number=1000 over it', medians.map(([ping, cpu]) => cpu - ping), 'µs', 0);
}

async function pingsUnderLoad({ port, get, idle }) {
  const all = { p50: [], p99: [], max: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    let over = false;
    const work = Array.from({ length: 4 }, async () => {
      while (!over) await get(`/async-cpu?number=${LARGE}`);
    });
    await sleep(300);
    const connections = await Promise.all(Array.from({ length: 50 }, () => Connection.to(port)));
    const pings = [];
    const start = performance.now();
    for (let count = 0; count < SECONDS * 100; count += 1) {
      await sleep(Math.max(0, start + count * 10 - performance.now()));
      // Sent when it is due, whether or not those before it have been answered.
      pings.push(connections[count % connections.length].get('/ping'));
    }
    const ms = (await Promise.all(pings)).map((answer) => answer.ms).sort((a, b) => a - b);
    over = true;
    await Promise.all(work);
    connections.forEach((connection) => connection.close());
    all.p50.push(median(ms));
    all.p99.push(at(ms, 0.99));
    all.max.push(ms.at(-1));
  }
  await idle();
  for (const [name, numbers] of Object.entries(all)) report(`/ping every 10 ms beside four long computations, ${name}`, numbers, 'ms', 2);
}

async function speedUp() {
  console.log(`\n/async-cpu?number=${LARGE}`);
  const medians = [];
  for (const lanes of [1, 2]) {
    const server = await start({ args: ['--lanes', String(lanes)] });
    try {
      await server.get('/async-cpu?number=100000000');
      const ms = await rounds(async () => (await server.get(`/async-cpu?number=${LARGE}`)).ms);
      report(`${lanes} lane process${lanes > 1 ? 'es' : ''}`, ms, 'ms', 0);
      medians.push(median(ms.sort((a, b) => a - b)));
    } finally {
      await server.stop();
    }
  }
  console.log(`  ${'speed-up'.padEnd(58)} ${(medians[0] / medians[1]).toFixed(2).padStart(9)}`);
}
