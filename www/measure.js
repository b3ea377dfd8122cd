// The same work on the main thread, on the pool and behind a fetch, with the figures of each run.

import { sum_here } from './pkg/offloop.js';
import { fetchEvents } from './requests.js';
import { watchGaps } from './traffic.js';

/** Parts of the work are at most and at least these shares of it. */
const [LARGEST, SMALLEST] = [1 / 24, 1 / 128];
const SIZES = [50_000_000, 200_000_000, 500_000_000, 2_000_000_000];
const IDLE_MS = 1000;

const $ = (id) => document.getElementById(id);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const whole = new Intl.NumberFormat('en');
const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** Cuts the work into jobs that get smaller towards the end, so that all lanes finish at about the same time. */
function cut(squares, lanes) {
  const parts = [];
  for (let from = 0; from < squares;) {
    const share = (squares - from) / (4 * lanes);
    const size = Math.ceil(Math.max(squares * SMALLEST, Math.min(squares * LARGEST, share)));
    const to = Math.min(from + size, squares);
    parts.push([from, to]);
    from = to;
  }
  return parts;
}

/** Wires the section up. `by()` tells who answers fetches, once `ready`. */
export function measure(lanes, by, ready) {
  const baseline = new Map(); // squares to the time of one lane
  let current = null;

  for (const size of SIZES) $('work').add(new Option(`${whole.format(size / 1e6)} million`, size));
  $('work').value = SIZES[2];
  const slider = $('lanes');
  slider.max = lanes.count * 2;
  slider.value = lanes.count;
  const showLanes = () => {
    $('lanes-now').value = slider.value;
    $('sign-lanes').textContent = slider.value;
    $('sign-unit').textContent = slider.value === '1' ? 'lane' : 'lanes';
  };
  slider.addEventListener('input', () => {
    lanes.resize(slider.valueAsNumber);
    showLanes();
  });
  showLanes();

  const say = (text) => { $('said').textContent = text; };
  const work = () => Number($('work').value);

  /** One run: `go(squares, signal)` gives the sum; its figures become a line of the table. */
  async function run(name, go, lanesUsed) {
    const squares = work();
    say(`${name} computes…`);
    await painted();
    const gaps = watchGaps();
    const start = performance.now();
    const { sum, by: place = name } = await go(squares, current.signal);
    const took = performance.now() - start;
    const gap = gaps();
    if (lanesUsed === 1) baseline.set(squares, took);
    const speedup = baseline.has(squares) ? baseline.get(squares) / took : null;
    record(place, squares, took, speedup, gap, lanesUsed);
    say(`${place}: ${sum} in ${seconds(took)}`);
    return { took, gap, speedup };
  }

  function record(name, squares, took, speedup, gap, lanesUsed) {
    const cells = [name, `${whole.format(squares / 1e6)} M`, seconds(took), speedup ? `${speedup.toFixed(2)}×` : '–', seconds(gap)];
    const row = $('runs').insertRow(0);
    for (const text of cells) row.insertCell().textContent = text;
    if (gap > 50) row.lastElementChild.className = 'bad';
    $('runs').querySelector('.none')?.remove();
    while ($('runs').rows.length > 10) $('runs').deleteRow(-1);
    if (lanesUsed === 2 && speedup) $('speedup').textContent = `${speedup.toFixed(2)}×`;
    if (lanesUsed > 0) $('gap-pool').textContent = seconds(gap);
    if (lanesUsed === 0) $('gap-main').textContent = seconds(gap);
  }

  const onMain = () => run('Main thread', async (squares) => ({ sum: sum_here(0n, BigInt(squares)) }), 0);

  const onPool = () => {
    const count = lanes.count;
    return run(`Pool of ${count}`, async (squares, signal) => {
      let done = 0;
      const parts = cut(squares, count).map(async ([from, to]) => {
        const sum = await lanes.run('sum', () => lanes.pool.sum(BigInt(from), BigInt(to), signal), { signal });
        done += to - from;
        $('progress').value = done / squares;
        return BigInt(sum);
      });
      const sums = await Promise.all(parts);
      return { sum: sums.reduce((total, part) => total + part) };
    }, count);
  };

  const onFetch = async () => {
    await ready;
    return run(by() === 'edge' ? 'Edge function' : 'Service worker', async (squares, signal) => {
      const { answer, servedBy } = await fetchEvents(`async-cpu?number=${squares}`, by(), signal, (done, total) => {
        $('progress').value = done / total;
      });
      return { sum: answer.result, by: `${servedBy}, ${answer.lanes} lanes` };
    });
  };

  async function idle() {
    say('Idle, for comparison…');
    const gaps = watchGaps();
    await pause(IDLE_MS);
    $('gap-idle').textContent = seconds(gaps());
  }

  async function compare() {
    const chosen = lanes.count;
    try {
      await idle();
      for (const count of new Set([1, 2, chosen])) {
        lanes.resize(count);
        await lanes.warm();
        await onPool();
      }
    } finally {
      lanes.resize(chosen);
    }
    await onFetch().catch((error) => {
      if (current.signal.aborted) throw error;
    });
    const { gap } = await onMain();
    say(`Done. Its own work kept the main thread for ${seconds(gap)} at a stretch, the pool's for ${$('gap-pool').textContent}.`);
  }

  /** Runs `action` with the buttons locked and cancel working. */
  async function attempt(action) {
    if (current) return;
    current = new AbortController();
    toggle(true);
    try {
      await action();
    } catch (error) {
      if (!current.signal.aborted) say(`It failed: ${error.message ?? error}`);
    } finally {
      current = null;
      toggle(false);
      $('progress').value = 0;
    }
  }

  function toggle(busy) {
    for (const id of ['compare', 'run-main', 'run-pool', 'run-fetch', 'work', 'lanes']) $(id).disabled = busy;
    $('cancel').disabled = !busy;
  }

  async function cancel() {
    const start = performance.now();
    const { signal } = current;
    current.abort(new DOMException('cancelled', 'AbortError'));
    while (current?.signal === signal) await pause(0);
    const ended = performance.now() - start;
    await lanes.pool.sum(0n, 1000n);
    say(`Cancelled in ${seconds(ended)}; the next job answered ${seconds(performance.now() - start)} after the click.`);
  }

  async function crash() {
    const start = performance.now();
    const failure = await lanes.run('sum', () => lanes.pool.crash(), { first: true }).then(() => 'nothing', (error) => error.message ?? String(error));
    const failed = performance.now() - start;
    await lanes.warm({ first: true });
    say(`Crashed after ${seconds(failed)} (${failure}); all lanes answered again ${seconds(performance.now() - start - failed)} later.`);
  }

  $('compare').addEventListener('click', () => attempt(compare));
  $('run-main').addEventListener('click', () => attempt(onMain));
  $('run-pool').addEventListener('click', () => attempt(async () => {
    await lanes.warm();
    await onPool();
  }));
  $('run-fetch').addEventListener('click', () => attempt(onFetch));
  $('cancel').addEventListener('click', cancel);
  $('crash').addEventListener('click', () => crash().catch((error) => say(`It failed: ${error.message ?? error}`)));
  say('Ready.');
}
