// `npm run load`: finds the highest rate of computations at which every one is answered and /ping stays quick, then asks for twice as many.
// Client and server share the machine, so the rate found is that of both.
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { main, say } from '../../scripts/shell.mjs';
import { send } from '../edge/client.mjs';
import { start } from '../edge/server.mjs';

const PING_P99_MS = 100;
const STEP_MS = 4_000;
const PINGS_A_SECOND = 20;

await main(async (args) => {
  const { values } = parseArgs({ args, options: { number: { type: 'string', default: '3000000' } } });
  const server = await start({ args: ['--lanes', '2'] });
  try {
    const path = `/async-cpu?number=${values.number}`;
    await measure(server, path, 50, 1_000);
    let [good, bad] = [0, 0];
    for (let rate = 50; !bad; rate *= 2) {
      if (await holds(server, path, rate)) good = rate;
      else bad = rate;
    }
    while (bad - good > good / 10) {
      const rate = Math.round((good + bad) / 2);
      if (await holds(server, path, rate)) good = rate;
      else bad = rate;
    }
    say(`highest rate with nothing lost and /ping within ${PING_P99_MS} ms at its 99th percentile: ${good} a second`);
    const twice = await measure(server, path, 2 * good, 2 * STEP_MS);
    show(2 * good, twice);
    const served = (twice.statuses[200] ?? 0) / twice.seconds;
    const others = Object.keys(twice.statuses).filter((status) => !['200', '503'].includes(status));
    const failures = [];
    if (served < 0.8 * good) failures.push(`at twice the rate only ${served.toFixed(0)} a second were served, of ${good}`);
    if (others.length) failures.push(`at twice the rate there were answers other than 200 and 503: ${others.join(', ')}`);
    say(`at twice that rate ${served.toFixed(0)} a second are served, ${((100 * served) / good).toFixed(0)} %`);
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    return failures.length ? 1 : 0;
  } finally {
    await server.stop();
  }
});

// What fails once is asked again: the machine may have had something else to do.
async function holds(server, path, rate) {
  return (await held(server, path, rate)) || held(server, path, rate);
}

async function held(server, path, rate) {
  const result = await measure(server, path, rate, STEP_MS);
  show(rate, result);
  // Let what is left of a step that was too much run dry.
  await server.idle(30_000);
  return Object.keys(result.statuses).join() === '200' && result.ping <= PING_P99_MS && result.behind < 500;
}

function show(rate, { statuses, ping, p99 }) {
  say(`${String(rate).padStart(5)} a second: ${JSON.stringify(statuses)}, 99th percentile ${p99.toFixed(0)} ms, of /ping ${ping.toFixed(0)} ms`);
}

// Requests begin when they are due, however late the answers are: slow answers do not slow down who asks.
async function measure({ port }, path, rate, length) {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const statuses = {};
  const times = { [path]: [], '/ping': [] };
  const open = new Set();
  let behind = 0;
  const ask = async (wanted) => {
    const answer = await send({ host: '127.0.0.1', port, agent, path: wanted, timeout: 10_000 }).catch((error) => ({ status: error.code ?? 'time-out', ms: 10_000 }));
    times[wanted].push(answer.ms);
    if (wanted === path) statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
  };
  const begin = performance.now();
  const stream = async (wanted, perSecond) => {
    for (let count = 0; ; count += 1) {
      const due = begin + (count * 1000) / perSecond;
      if (due > begin + length) return;
      if (due > performance.now()) await sleep(due - performance.now());
      else if (count % 16 === 0) await new Promise(setImmediate);
      behind = Math.max(behind, performance.now() - due);
      const request = ask(wanted).finally(() => open.delete(request));
      open.add(request);
    }
  };
  await Promise.all([stream(path, rate), stream('/ping', PINGS_A_SECOND)]);
  await Promise.all(open);
  agent.destroy();
  const p99 = (list) => list.sort((a, b) => a - b)[Math.floor(list.length * 0.99)] ?? 0;
  return { statuses, seconds: length / 1000, p99: p99(times[path]), ping: p99(times['/ping']), behind };
}
