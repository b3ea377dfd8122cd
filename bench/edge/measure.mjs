// The edge function beside a worker and lanes written by hand, and beside the Python servers it takes its recipe from.
import { say } from '../../scripts/shell.mjs';
import { add, figure, quantile } from '../figure.mjs';
import { crowd, pings, rate, trips, wrk } from './load.mjs';
import { hand, offloop, python } from './peers.mjs';

const SUM = '/async-cpu?number=10000';
const SMALL = '/async-cpu?number=1';
const PYTHONS = ['recipe', 'threads', 'processes', 'blocking'];

const edge = (id, title, unit, options) => figure('edge', id, title, unit, options);
const rates = (id, title, against, target) => edge(id, title, 'requests/s', { better: 'more', against, target });

function figures() {
  return {
    several: rates('several', `${SUM}, 16 connections, several processes`, ['by hand']),
    one: rates('one', 'the same, one process', ['by hand']),
    python: rates('python', `${SUM} against Python`, PYTHONS, 5),
    ping: rates('ping', '/ping, 16 connections', ['by hand']),
    inline: rates('inline', '/async-cpu?number=1 inline, against /ping', ['ping'], 0.95),
    lanes: rates('lanes', '/async-cpu?number=1 through a lane', ['by hand'], 0.9),
    trip: edge('trip', '/async-cpu?number=1 through a lane, one after the other', 'µs', { against: ['by hand'] }),
    pingTrip: edge('ping-trip', '/ping, one after the other', 'µs', { against: ['by hand'] }),
    overhead: edge('overhead', 'overhead of /async-cpu?number=1000 over /ping', 'µs'),
    crowd: edge('crowd', '2,000 at once /async-io?seconds=1, half answered after', 'ms', { against: ['by hand'] }),
    p50: edge('p50', '/ping every 10 ms beside four long computations, median', 'ms'),
    p99: edge('p99', 'its 99th percentile', 'ms'),
    longest: edge('longest', 'its longest', 'ms'),
    // 1.7 times as fast.
    both: edge('both', 'one large sum on two lane processes', 'ms', { against: ['one lane'], target: 0.59 }),
  };
}

async function once(servers, all, options) {
  await throughput(servers, all, options);
  await latency(servers, all, options);
  await besideJobs(servers, all, options);
  const { offloop, 'by hand': hand, python } = servers;
  for (const [peer, server] of [['one lane', offloop.alone], ['offloop', offloop.several]]) add(all.both, peer, (await server.get(options.job)).ms);
  // Last, since it leaves the servers with a heap that the next round has to live with.
  const waiting = [['offloop', offloop.several], ['by hand', hand.several], ...(options.first && python.recipe ? [['recipe', python.recipe]] : [])];
  for (const [peer, server] of waiting) add(all.crowd, peer, await crowd(server, '/async-io?seconds=1', 2_000));
}

async function throughput({ offloop, 'by hand': hand, python }, all, { seconds }) {
  const pair = async (row, mode, path) => {
    for (const [peer, modes] of [['offloop', offloop], ['by hand', hand]]) add(all[row], peer, await rate(modes[mode], path, { seconds }));
  };
  const last = (row) => all[row].peers.offloop.at(-1);
  await pair('several', 'several', SUM);
  add(all.python, 'offloop', last('several'));
  for (const name of PYTHONS) if (python[name]) add(all.python, name, await rate(python[name], SUM, { seconds }));
  await pair('ping', 'several', '/ping');
  add(all.inline, 'ping', last('ping'));
  add(all.inline, 'offloop', await rate(offloop.several, SMALL, { seconds }));
  await pair('lanes', 'lanes', SMALL);
  await pair('one', 'one', SUM);
}

async function latency({ offloop, 'by hand': hand }, all, { seconds }) {
  const asked = [[offloop.lanes, SMALL], [hand.lanes, SMALL], [offloop.several, '/ping'], [hand.several, '/ping'], [offloop.several, '/async-cpu?number=1000']];
  const [far, near, ping, pong, small] = await trips(asked, 200 * seconds);
  for (const [row, ours, theirs] of [['trip', far, near], ['pingTrip', ping, pong]]) {
    add(all[row], 'offloop', ours);
    add(all[row], 'by hand', theirs);
  }
  add(all.overhead, 'offloop', small - ping);
}

async function besideJobs({ offloop, 'by hand': hand, python }, all, { seconds, job, first }) {
  // The same load for both: what the other gateway, which has no part in it, feels of it is the machine's doing.
  const [ours, theirs] = await pings([offloop.several, hand.several], { busy: offloop.several, job, seconds });
  const felt = [['offloop', ours], ['by hand', theirs]];
  // Its jobs take their time whoever asks for them, so one round is enough.
  if (first && python.processes) felt.push(...(await beside(python, seconds)));
  for (const [peer, times] of felt) {
    for (const [row, share] of [['p50', 0.5], ['p99', 0.99], ['longest', 1]]) add(all[row], peer, quantile(times, share));
  }
}

// The same for Python's pools, with jobs of some seconds.
async function beside(python, seconds) {
  const felt = [];
  for (const peer of ['recipe', 'processes']) {
    const [times] = await pings([python[peer]], { busy: python[peer], job: '/async-cpu?number=30000000', seconds });
    felt.push([peer, times]);
  }
  return felt;
}

export async function measure({ rounds, quick }) {
  await wrk();
  // Each server has somebody who ends it when this process does.
  process.setMaxListeners(50);
  const servers = { offloop: await offloop(), 'by hand': await hand(), python: await python() };
  const all = figures();
  try {
    for (let round = 0; round < rounds; round += 1) {
      say(`edge, round ${round + 1} of ${rounds}`);
      await once(servers, all, { seconds: quick ? 2 : 5, job: `/async-cpu?number=${quick ? 300_000_000 : 1_500_000_000}`, first: round === 0 });
    }
  } finally {
    await Promise.all(Object.values(servers).flatMap((modes) => Object.values(modes)).map(({ stop }) => stop()));
  }
  return Object.values(all);
}
