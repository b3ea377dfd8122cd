// The edge's figures: what `bench/edge.mjs` prints, read line by line, under the title of the servers that it started.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { at } from '../../scripts/paths.mjs';
import { say, Stop } from '../../scripts/shell.mjs';
import { figure } from '../figure.mjs';

// `  what            median unit (lowest to highest)`
const LINE = /^ {2}(\S.*?) {2,}([\d.]+) (\S+) \(([\d.]+) to ([\d.]+)\)/;

export async function measure({ rounds, quick }) {
  const args = [at('bench', 'edge.mjs'), '--rounds', String(rounds), ...(quick ? ['--quick'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const figures = [];
  let title = '';
  for await (const line of createInterface({ input: child.stdout })) {
    say(line);
    const found = LINE.exec(line);
    if (found) {
      const [, what, median, unit, lowest, highest] = found;
      const peers = { offloop: [lowest, median, highest].map(Number) };
      figures.push(figure('edge', `${title}: ${what}`, `${title}: ${what}`, unit, { better: unit === 'requests/s' ? 'more' : 'less', peers }));
    } else if (/^\S/.test(line)) title = line;
  }
  if ((await ended) !== 0) throw new Stop('bench/edge.mjs failed');
  return figures;
}
