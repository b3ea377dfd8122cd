// What a process holds, and whether that stays flat.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

// What the soak allows: of live memory, and of what there are few of, where one more or less is a timer or a connection of this moment.
const FLAT_PERCENT = 5;
const LOOSE = 10;
const COUNTED = ['handles', 'connections', 'workers', 'listeners', 'nodes', 'documents'];

/** Resident memory in KiB, handles, and which of them are connections. */
export function look(pid) {
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  const targets = readdirSync(`/proc/${pid}/fd`).flatMap((handle) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${handle}`)];
    } catch {
      return [];
    }
  });
  // A browser keeps pieces of shared memory for workers that have ended, and gives them back by the hundred; what is in them is resident memory.
  const handles = targets.filter((target) => !target.startsWith('/memfd:'));
  return { resident, handles: handles.length, connections: handles.filter((target) => target.startsWith('socket:')).length };
}

/** Counts what is asked, by name, and what is answered wrongly or not at all. */
export function tally(clock) {
  const counts = {};
  const wrong = [];
  const ask = async (name, request) => {
    counts[name] = (counts[name] ?? 0) + 1;
    const failed = await request().catch((error) => `no answer: ${error.message}`);
    if (failed) wrong.push(`${name} after ${Math.round(clock.passed() / 1000)} s: ${failed}`);
  };
  return { counts, wrong, ask };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** By how much the last fifth of what was seen lies above the first fifth, by their medians. */
export function growth(values) {
  const fifth = Math.max(1, Math.floor(values.length / 5));
  const [first, last] = [median(values.slice(0, fifth)), median(values.slice(-fifth))];
  return { first, last, percent: last === first ? 0 : (100 * (last - first)) / first };
}

/** Prints what was seen and gives what is wrong with it; what comes before `warm` seconds does not count. */
export function judge({ name, counts, wrong, samples, faults }, warm) {
  const asked = Object.values(counts).reduce((sum, count) => sum + count, 0);
  console.log(`${name}: ${asked} asked, ${faults} faults, ${wrong.length} wrong or unanswered: ${JSON.stringify(counts)}`);
  const failures = wrong.slice(0, 20);
  const late = samples.filter(({ seconds }) => seconds >= warm);
  for (const who of Object.keys(samples[0]).filter((key) => key !== 'seconds')) {
    for (const what of Object.keys(samples[0][who])) {
      const curve = samples.filter((_, index) => index % Math.ceil(samples.length / 10) === 0).map((sample) => Math.round(sample[who][what]));
      const { first, last, percent } = growth(late.map((sample) => sample[who][what]));
      console.log(`${who}, ${what}: ${first.toFixed(0)} after the warm-up, ${last.toFixed(0)} at the end (${percent.toFixed(1)} %); all along ${curve.join(' ')}`);
      if (!(percent <= FLAT_PERCENT || (COUNTED.includes(what) && last - first <= LOOSE))) failures.push(`${what} of the ${who} grew by ${percent.toFixed(1)} %`);
    }
  }
  return failures;
}
