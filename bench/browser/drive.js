// Measures a pool of which only calls are known, in JavaScript. `call(task, value, transfer)` gives a promise of the answer.
import { keep, kept, make } from '/pkg/ours.js';

export function drive(call) {
  return {
    async trips(count) {
      const all = [];
      for (let n = 0; n < count; n += 1) {
        const start = performance.now();
        const answer = await call('double', n);
        all.push(performance.now() - start);
        if (answer !== 2 * n) throw new Error(`double(${n}) is not ${answer}`);
      }
      return all;
    },

    flight(total, flight) {
      return timed(total, flight, (n) => call('double', n), (sum, answer) => sum + answer, total * (total - 1));
    },

    async bytes(length, count) {
      const all = [];
      keep(make(length));
      for (let n = 0; n < count; n += 1) {
        const start = performance.now();
        const bytes = kept();
        keep(await call('echo', bytes, [bytes.buffer]));
        all.push(performance.now() - start);
      }
      const bytes = kept();
      if (bytes.length !== length || !bytes.every((byte) => byte === 7)) throw new Error('other bytes');
      return all;
    },

    spin(count, rounds) {
      const wanted = spinOf(BigInt(rounds));
      return timed(count, 2, () => call('spin', BigInt(rounds)), (right, sum) => right + Number(sum === wanted), count);
    },
  };
}

// Milliseconds for `total` calls, `flight` of them at a time.
async function timed(total, flight, call, add, wanted) {
  const start = performance.now();
  let next = 0;
  let sum = 0;
  const one = async () => {
    while (next < total) {
      const answer = await call(next++);
      sum = add(sum, answer);
    }
  };
  await Promise.all(Array.from({ length: flight }, one));
  const took = performance.now() - start;
  if (sum !== wanted) throw new Error(`${sum} is not ${wanted}`);
  return took;
}

// What `spin` returns, without its loop.
export function spinOf(n) {
  return BigInt.asUintN(64, ((n - 1n) * n * (2n * n - 1n)) / 6n);
}

// The next worker in turn.
export function inTurn(workers) {
  let next = 0;
  return () => workers[next++ % workers.length];
}
