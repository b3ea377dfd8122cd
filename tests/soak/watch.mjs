// What a process holds: memory, handles, and which of them are connections.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export function look(pid) {
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  const handles = readdirSync(`/proc/${pid}/fd`);
  const connections = handles.filter((handle) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${handle}`).startsWith('socket:');
    } catch {
      return false;
    }
  });
  return { megabytes, handles: handles.length, connections: connections.length };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

// By how much the last fifth of what was seen after the warm-up lies above the first fifth, by their medians.
export function growth(values) {
  const fifth = Math.max(1, Math.floor(values.length / 5));
  const [first, last] = [median(values.slice(0, fifth)), median(values.slice(-fifth))];
  return { first, last, percent: (100 * (last - first)) / first };
}
