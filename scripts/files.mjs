// How many files a process may open, and what that is good for: workerd ends when it cannot accept a connection.
import { spawnSync } from 'node:child_process';
import { Stop } from './shell.mjs';

// Of the gateway when nobody asks anything: 15 to 18 were seen.
const OWN = 20;
const LEAST = 64;
// From here on nobody needs to be told how to have more.
const PLENTY = 4_096;

// The limit of the processes that we start. Node has raised it as far as the system lets it, when it started.
export function openFiles() {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' });
  const limit = Number(stdout);
  // `unlimited`, or no shell that could tell.
  return stdout && limit > 0 ? limit : Infinity;
}

// A sentence on it for the start of `lanes` lanes. A connection takes one file at the gateway, and one more for each lane that computes for it.
export function room(limit, lanes) {
  if (limit < LEAST) throw new Stop(`a process may open ${limit} files here, and ${LEAST} are the least that is needed. Raise that (ulimit -n ${PLENTY}) and try again.`);
  if (limit === Infinity) return 'no limit of open files, and so none of connections';
  const connections = limit - OWN;
  const computing = Math.floor(connections / (1 + lanes));
  const more = limit < PLENTY ? `; more end the gateway, which is then started again (ulimit -n ${PLENTY} allows more)` : '';
  return `room for ${connections} connections${lanes ? `, or ${computing} that compute` : ''}: a process may open ${limit} files${more}`;
}
