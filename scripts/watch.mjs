// Ends lane processes that do not come back from a task, as Cloudflare ends requests that compute for too long.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { once, SILENT } from './probe.mjs';
import { say } from './shell.mjs';

// How long a lane may compute without a pause. Cloudflare's default: <https://developers.cloudflare.com/workers/platform/limits/#cpu-time>.
export const CPU_SECONDS = 30;

const EVERY_MS = 1_000;

// Watches one process until `over`. Its keeper starts it again. What counts is the processor time that the process takes while a question to it stays
// unanswered: on a busy machine, stopped, or asleep with its machine, it takes none and is left alone.
export async function watch({ name, socketPath, pid, seconds, over, cpuTime = cpuSeconds }) {
  const pause = () => sleep(EVERY_MS, SILENT, { signal: over, ref: false }).catch(() => {});
  while (!over.aborted) {
    await pause();
    const watched = pid();
    if (over.aborted || !watched) continue;
    const asked = once({ socketPath, path: '/', timeout: 0, signal: over });
    let before;
    while ((await Promise.race([asked, pause()])) === SILENT && pid() === watched) {
      const used = cpuTime(watched);
      if (used === null) return say(`this system does not tell processor times (neither /proc nor ps), so ${name} is not ended however long it computes`);
      before ??= used;
      if (used - before >= seconds) {
        say(`${name} has computed for ${seconds} s without a pause, ending it (npm start -- --cpu-limit sets how long it may)`);
        kill(watched);
        break;
      }
    }
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself this very moment.
  }
}

// The seconds of processor time that a process has taken so far: from /proc, or from `ps` where there is none, as on macOS. Null if neither can tell.
export function cpuSeconds(pid, { proc = '/proc' } = {}) {
  if (existsSync(`${proc}/self/stat`)) {
    try {
      return fromStat(readFileSync(`${proc}/${pid}/stat`, 'utf8'));
    } catch {
      // It has ended.
      return 0;
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' });
  if (status === null) return null;
  return status === 0 ? fromPs(stdout.trim()) : 0;
}

// Linux counts hundredths of a second for programs, whatever its own clock: `man 5 proc_pid_stat`. The name, in brackets, may contain anything.
function fromStat(text) {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// [[days-]hours:]minutes:seconds, with or without hundredths.
export function fromPs(text) {
  const [clock, days = '0'] = text.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
