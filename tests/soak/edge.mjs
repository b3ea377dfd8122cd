// Drives the edge function: clients of all kinds, while one lane is killed or stopped again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAddsUp } from '../edge/client.mjs';
import { live } from '../edge/inspector.mjs';
import { any } from './traffic.mjs';
import { look, tally } from './watch.mjs';

const SAMPLES_MS = 30_000;
const FAULT_MS = 20_000;

/** Gives what was asked, what went wrong, and samples of what the processes held. */
export async function soakEdge(server, clock, rate) {
  const { counts, wrong, ask } = tally(clock);
  const samples = [];
  const open = new Set();
  const traffic = async () => {
    for (let due = 0; clock.left() > 0; due += 1000 / rate) {
      await sleep(Math.max(0, due - clock.passed()));
      const [name, request] = any();
      const asked = ask(name, () => request(server)).finally(() => open.delete(asked));
      open.add(asked);
    }
  };
  const watching = async () => {
    for (const pause = Math.min(SAMPLES_MS, clock.length / 40); clock.left() > 0; await sleep(pause)) {
      // Only what lives through all of it can leak for long.
      const { gateway, lanes: [{ pid: lane }], inspectors } = server.state();
      samples.push({ seconds: clock.passed() / 1000, gateway: await held(gateway, inspectors[0]), lane: await held(lane, inspectors[1]) });
    }
  };
  const [, , faults] = await Promise.all([traffic(), watching(), injure(server, clock)]);
  await Promise.all(open);
  assertAddsUp(await server.idle(30_000));
  return { name: 'edge', counts, wrong, samples, faults };
}

/** The resident memory is looked at first: to count what is live, garbage is collected. */
async function held(pid, inspector) {
  const { resident, handles, connections } = look(pid);
  const { heap, wasm } = await live(inspector);
  return { heap: heap / 1024, wasm: wasm / 1024, resident, handles, connections };
}

// The second lane bears it: the first is watched.
async function injure(server, clock) {
  for (let round = 0; ; round += 1) {
    await sleep(Math.min(FAULT_MS, Math.max(0, clock.left() - FAULT_MS / 2)));
    if (clock.left() < FAULT_MS) return round;
    const { pid } = server.state().lanes[1];
    if (round % 2 === 0) process.kill(pid, 'SIGKILL');
    else {
      process.kill(pid, 'SIGSTOP');
      await sleep(1_000);
      process.kill(pid, 'SIGCONT');
    }
  }
}
