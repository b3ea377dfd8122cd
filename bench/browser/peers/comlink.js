// Comlink has no pool; its workers take turns.
import * as Comlink from '/npm/comlink/dist/esm/comlink.mjs';
import { drive, inTurn } from '../drive.js';

export async function start(lanes, module) {
  const workers = Array.from({ length: lanes }, () => new Worker(new URL('./comlink-worker.js', import.meta.url), { type: 'module' }));
  const proxies = workers.map((worker) => Comlink.wrap(worker));
  await Promise.all(proxies.map((proxy) => proxy.load(module)));
  const answers = await Promise.all(proxies.map((proxy) => proxy.double(21)));
  if (answers.some((answer) => answer !== 42)) throw new Error('a worker that cannot double');
  const turn = inTurn(proxies);
  return {
    ...drive((task, value, transfer) => turn()[task](transfer ? Comlink.transfer(value, transfer) : value)),
    stop: () => workers.forEach((worker) => worker.terminate()),
  };
}
