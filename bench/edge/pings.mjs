// Asks for /ping every 10 ms at each of some ports, from a process of its own, so that what else the client does is not taken for the server's
// doing: `node bench/edge/pings.mjs COUNT PORT…` prints a list of times in milliseconds for each port, as JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../connection.mjs';

const EVERY_MS = 10;
const CONNECTIONS = 20;

const [count, ...ports] = process.argv.slice(2).map(Number);
const open = (port) => Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.to(port)));
const peers = await Promise.all(ports.map(async (port) => ({ connections: await open(port), answers: [] })));
const since = performance.now();
for (let index = 0; index < count; index += 1) {
  // Sent when it is due, whether or not those before it have been answered; one port a moment after the other.
  for (const [at, { connections, answers }] of peers.entries()) {
    await sleep(Math.max(0, since + (index + at / peers.length) * EVERY_MS - performance.now()));
    answers.push(connections[index % CONNECTIONS].get('/ping'));
  }
}
const times = await Promise.all(peers.map(async ({ answers }) => (await Promise.all(answers)).map(({ ms }) => ms)));
console.log(JSON.stringify(times));
for (const { connections } of peers) connections.forEach((connection) => connection.close());
