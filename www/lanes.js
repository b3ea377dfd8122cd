// The page's way into the pool: at most one job a lane at a time, so that a row of the plot is what one lane does.

import { isSkew } from './module.js';
import { begin, setLaneRows } from './traffic.js';

export class Lanes {
  /** `outdated` is called when the files of the workers turn out to be of another build. */
  constructor(pool, outdated) {
    this.pool = pool;
    this.outdated = outdated;
    this.pools = [pool];
    this.running = 0;
    this.waiting = [];
    setLaneRows(pool.lanes());
  }

  get count() {
    return this.pool.lanes();
  }

  resize(count) {
    for (const pool of this.pools) pool.resize(count);
    setLaneRows(count);
    this.next();
  }

  /** Another pool, of another module: the two take turns, so that there is still at most one job a lane. */
  join(pool) {
    this.pools.push(pool);
  }

  /**
   * Runs `job` when a lane is free, ahead of all others if it is `first`; `kind` is its colour in the plot. Rejects at once when
   * `signal` is aborted.
   */
  async run(kind, job, { signal, first = false } = {}) {
    await this.turn(signal, first);
    const end = begin(kind);
    try {
      const result = await job();
      end();
      return result;
    } catch (error) {
      if (isSkew(error)) this.outdated();
      // The executor's errors have a name of their own. A task that says what is wrong with its input has ended as it should.
      const ending = error.name === 'Error' ? 'done' : 'lost';
      end(signal?.aborted ? 'cancelled' : ending);
      throw error;
    } finally {
      this.running -= 1;
      this.next();
    }
  }

  /** A small job on every lane, so that all of them are up. */
  async warm(order) {
    await Promise.all(Array.from({ length: this.count }, () => this.run('call', () => this.pool.sum(0n, 1000n), order)));
  }

  turn(signal, first) {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting = this.waiting.filter((waiter) => waiter !== enter);
        reject(signal.reason);
      };
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        this.running += 1;
        resolve();
      };
      if (signal?.aborted) {
        leave();
        return;
      }
      signal?.addEventListener('abort', leave, { once: true });
      if (first) this.waiting.unshift(enter);
      else this.waiting.push(enter);
      this.next();
    });
  }

  next() {
    while (this.running < this.count && this.waiting.length) this.waiting.shift()();
  }
}
