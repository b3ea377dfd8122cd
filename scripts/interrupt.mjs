// What ends a command from outside: a signal, a terminal that is gone, or the end of the npm that started it.
import { constants } from 'node:os';

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const tasks = new Set();
let interrupted = false;

export const isInterrupted = () => interrupted;

// `task` runs when the command is interrupted, before it exits, and may give the exit code. Returns a function that withdraws it.
export function onInterrupt(task) {
  tasks.add(task);
  return () => tasks.delete(task);
}

export function listen() {
  for (const signal of SIGNALS) process.on(signal, () => interrupt(signal));
  // A closed output cannot tell anybody anything. A full disk below it can come to an end.
  const isClosed = ({ code }) => ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].includes(code);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => isClosed(error) && interrupt('SIGPIPE'));
  const { ppid } = process;
  const isOrphan = () => process.env.npm_lifecycle_event && process.ppid !== ppid;
  setInterval(() => isOrphan() && interrupt('SIGHUP'), 1_000).unref();
}

async function interrupt(signal) {
  const code = 128 + (constants.signals[signal] ?? 1);
  // Whoever asks twice does not want to wait.
  if (interrupted) process.exit(code);
  interrupted = true;
  const codes = await Promise.all([...tasks].map((task) => task(signal)));
  process.exit(codes.find((given) => given !== undefined) ?? code);
}
