import '/npm/workerpool/dist/workerpool.min.js';
import { drive } from '../drive.js';

const { pool: make } = globalThis.workerpool;

export async function start(lanes, module) {
  const script = new URL('./workerpool-worker.js', import.meta.url).href;
  const pool = make(script, { minWorkers: lanes, maxWorkers: lanes, workerType: 'web', workerOpts: { type: 'module' } });
  // A worker takes one call at a time, so that each gets one of these.
  const answers = await Promise.all(Array.from({ length: lanes }, () => pool.exec('load', [module])));
  if (answers.some((answer) => answer !== 42)) throw new Error('a worker that cannot double');
  return {
    ...drive((task, value, transfer) => pool.exec(task, [value], { transfer })),
    stop: () => pool.terminate(true),
  };
}
