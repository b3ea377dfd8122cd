// What is asked of each server, and what comes out of it.
import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { spawnGroup } from '../../scripts/groups.mjs';
import { programs } from '../../scripts/programs.mjs';
import { Connection } from '../connection.mjs';
import { median } from '../figure.mjs';

const run = promisify(execFile);

// Node's own clients are slower than the servers.
export function wrk() {
  return programs({ wrk: { names: ['wrk'], debian: 'wrk' } }, ['wrk'], 'the edge benchmarks');
}

// Answers a second over that many connections.
export async function rate({ port }, path, { connections = 16, seconds }) {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, `http://127.0.0.1:${port}${path}`]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

// One request after the other on one connection each, taken in turns, so that whatever else the machine does hits all. The medians, in µs.
export async function trips(asked, count) {
  const all = await Promise.all(asked.map(async ([{ port }, path]) => ({ connection: await Connection.to(port), path, ms: [] })));
  for (let at = 0; at < count; at += 1) {
    for (const { connection, path, ms } of all) ms.push((await connection.get(path)).ms);
  }
  for (const { connection } of all) connection.close();
  return all.map(({ ms }) => 1_000 * median(ms));
}

// So many requests at once, each on a connection of its own. Half of them are answered after that time.
export async function crowd({ port }, path, count) {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.to(port)));
  const answers = await Promise.all(connections.map((connection) => connection.get(path).catch(() => null)));
  connections.forEach((connection) => connection.close());
  const lost = answers.filter((answer) => answer?.status !== 200).length;
  if (lost) throw new Error(`${lost} of ${count} requests for ${path} were not answered with 200`);
  return median(answers.map(({ ms }) => ms));
}

// Times of /ping in ms at each of the servers, asked every 10 ms by a process of its own, while `busy` has so many long jobs.
export async function pings(servers, { busy, job, jobs = 4, seconds }) {
  const over = new AbortController();
  const work = Array.from({ length: jobs }, async () => {
    while (!over.signal.aborted) await load(busy.port, job);
  });
  await sleep(300);
  try {
    return await pinged(servers, seconds);
  } finally {
    over.abort();
    await Promise.all(work);
  }
}

// Times of /ping in ms at each of the servers. The process that asks is in a session of its own: Linux shares the processor out among sessions,
// and the others of this one may be busy.
export async function pinged(servers, seconds) {
  const args = [fileURLToPath(new URL('pings.mjs', import.meta.url)), String(100 * seconds), ...servers.map(({ port }) => String(port))];
  const child = spawnGroup(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(child.stdout));
}

async function load(port, path) {
  const connection = await Connection.to(port);
  const { status } = await connection.get(path);
  connection.close();
  if (status !== 200) throw new Error(`${path} was answered with ${status}`);
}
