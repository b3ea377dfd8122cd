// What can be had by hand: one message a call, a message handler, nothing else. `calls of 32` is the same with 32 in each message.
import { drive, inTurn, spinOf } from '../drive.js';

export async function start(lanes, module) {
  const workers = await Promise.all(Array.from({ length: lanes }, () => up(module)));
  const turn = inTurn(workers);
  return {
    // One call at a time on each worker, so that an answer needs no number.
    bytes: drive((_, value, transfer) => ask(turn(), value, transfer)).bytes,
    trips: (count) => trips(workers[0], count),
    flight: (total, flight) => flown(workers, total, flight, 1),
    batched: (total, flight) => flown(workers, total, flight, flight / lanes),
    spin: (count, rounds) => spun(workers, count, BigInt(rounds)),
    stop: () => workers.forEach((worker) => worker.terminate()),
  };
}

async function up(module) {
  const worker = new Worker(new URL('./raw-worker.js', import.meta.url), { type: 'module' });
  await ask(worker, module);
  if ((await ask(worker, 21)) !== 42) throw new Error('a worker that cannot double');
  return worker;
}

function ask(worker, message, transfer = []) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
    worker.postMessage(message, transfer);
  });
}

async function trips(worker, count) {
  const all = [];
  for (let n = 0; n < count; n += 1) {
    const start = performance.now();
    const answer = await ask(worker, n);
    all.push(performance.now() - start);
    if (answer !== 2 * n) throw new Error(`double(${n}) is not ${answer}`);
  }
  return all;
}

// Milliseconds for `total` calls, `flight` of them at a time, `batch` in a message.
function flown(workers, total, flight, batch) {
  return new Promise((resolve) => {
    const start = performance.now();
    let [next, done, sum] = [0, 0, 0];
    const post = (worker) => {
      if (next >= total) return;
      const calls = Array.from({ length: Math.min(batch, total - next) }, () => next++);
      worker.postMessage(batch === 1 ? calls[0] : calls);
    };
    for (const worker of workers) {
      worker.onmessage = ({ data }) => {
        for (const answer of batch === 1 ? [data] : data) {
          sum += answer;
          done += 1;
        }
        if (done === total) resolve(check(sum === total * (total - 1), performance.now() - start));
        post(worker);
      };
      for (let sent = 0; sent < flight / workers.length; sent += batch) post(worker);
    }
  });
}

async function spun(workers, count, rounds) {
  const wanted = spinOf(rounds);
  const start = performance.now();
  let left = count;
  const all = workers.map(async (worker) => {
    while (left-- > 0) check((await ask(worker, rounds)) === wanted);
  });
  await Promise.all(all);
  return performance.now() - start;
}

function check(right, value) {
  if (!right) throw new Error('a wrong answer');
  return value;
}
