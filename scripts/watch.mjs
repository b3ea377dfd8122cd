// Ends lane processes that do not come back from a task, as Cloudflare ends requests that compute for too long.
import { setTimeout as sleep } from 'node:timers/promises';
import { once, SILENT } from './probe.mjs';
import { say } from './shell.mjs';

// How long a lane may compute without a pause. Cloudflare's default: <https://developers.cloudflare.com/workers/platform/limits/#cpu-time>.
export const CPU_SECONDS = 30;

const EVERY_MS = 1_000;

// Watches one process until `over`. Its keeper starts it again.
export async function watch({ name, socketPath, pid, seconds, over }) {
  while (!over.aborted) {
    await sleep(EVERY_MS, undefined, { signal: over, ref: false }).catch(() => {});
    const watched = pid();
    if (over.aborted || !watched) continue;
    const got = await once({ socketPath, path: '/', timeout: seconds * 1_000 });
    if (got !== SILENT || over.aborted || pid() !== watched) continue;
    say(`${name} has computed for ${seconds} s without a pause, ending it (npm start -- --cpu-limit sets how long it may)`);
    try {
      process.kill(watched, 'SIGKILL');
    } catch {
      // It ended by itself this very moment.
    }
  }
}
