// Drives the page in a browser as a visitor would who never leaves: sums, cancels, crashes, pictures, passwords, requests.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, profile, squares, started } from '../browser/site.mjs';
import { at } from '../../scripts/paths.mjs';
import { KEEP } from '../../www/explorer.js';
import { look, tally } from './watch.mjs';

const ACTION_MS = 4_000;
const SAMPLES_MS = 30_000;
// The plots are drawn with each frame, which would keep a processor busy without a graphics card.
const FRAMES_A_SECOND = 4;
// Longer than the second pool's workers stay when they have nothing to do.
const IDLE_MS = 25_000;

const picture = readFileSync(at('tests', 'fixtures', 'pictures', 'baseline.jpg'));
const below = (most) => Math.floor(Math.random() * most);

export async function soakPage(server, clock) {
  const { counts, wrong, ask } = tally(clock);
  const samples = [];
  const browser = await launch();
  try {
    const { context, said } = await profile(browser);
    const page = await context.newPage();
    await page.addInitScript((pause) => {
      globalThis.requestAnimationFrame = (frame) => setTimeout(() => frame(performance.now()), pause);
    }, 1000 / FRAMES_A_SECOND);
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await started(page);
    await fill(page);
    const measure = await meter(browser, context, page);
    let sampled = -Infinity;
    for (let round = 0; clock.left() > IDLE_MS + 2 * ACTION_MS; round += 1) {
      // A visitor in haste at first: each action comes once in 48 s otherwise, so that the page would be warming up long after the warm-up.
      const due = clock.passed() + (clock.passed() < clock.warm ? 0 : ACTION_MS);
      const [name, act] = ACTIONS[round % ACTIONS.length];
      await ask(name, () => act(page));
      if (clock.passed() - sampled > Math.min(SAMPLES_MS, clock.length / 40)) {
        sampled = clock.passed();
        samples.push({ seconds: sampled / 1000, page: await measure() });
      }
      await sleep(Math.max(0, due - clock.passed()));
    }
    await sleep(IDLE_MS);
    const [workers, lanes] = [page.workers().length, Number(await page.textContent('#lanes-now'))];
    // They start with their first jobs.
    if (workers > lanes) wrong.push(`${workers} workers are left for ${lanes} lanes`);
    return { name: 'page', counts, wrong: [...wrong, ...said], samples, faults: counts.crash ?? 0 };
  } finally {
    await browser.close();
  }
}

const told = async (page, pattern, where = '#said') => {
  const fits = ({ where, source }) => new RegExp(source).test(document.querySelector(where).textContent);
  await page.waitForFunction(fits, { where, source: pattern.source }, { timeout: 60_000 });
};
const forget = (page, where = '#said') => page.evaluate((where) => { document.querySelector(where).textContent = ''; }, where);
const idle = (page) => page.waitForFunction(() => !document.getElementById('compare').disabled, null, { timeout: 60_000 });
const choose = (page, number) => page.evaluate((number) => {
  const select = document.getElementById('work');
  select.querySelector('.test')?.remove();
  const option = new Option('test', number, false, true);
  option.className = 'test';
  select.add(option);
}, number);

async function sum(page, button) {
  const number = 10_000_000 + below(20_000_000);
  await choose(page, number);
  await page.click(button);
  await idle(page);
  const text = await page.textContent('#said');
  return text.includes(squares(number)) ? undefined : `${number}: ${text}`;
}

async function ask(page, form, right, fields = {}) {
  for (const [name, value] of Object.entries(fields)) await page.fill(`#${form} [name=${name}]`, value);
  await page.check(below(2) ? '#by-edge' : '#by-worker');
  await page.click(`#${form} button`);
  await told(page, right, `#${form} .answer`);
  await forget(page, `#${form} .answer code`);
}

async function view(page, button) {
  await forget(page, '#explorer-now');
  await page.click(button);
  await told(page, / tiles in \d+ ms/, '#explorer-now');
}

/** Fills the page's cache of tiles, 64 KiB each: at one view in 48 s that would go on for half an hour, and look like a leak. */
async function fill(page) {
  const drawn = async () => Number(/(\d+) tiles in/.exec(await page.textContent('#explorer-now'))[1]);
  for (let tiles = 0; tiles < KEEP; tiles += await drawn()) await view(page, '#zoom-in');
  await view(page, '#zoom-home');
}

const ACTIONS = [
  ['sum on the pool', (page) => sum(page, '#run-pool')],
  ['cancel', async (page) => {
    await choose(page, 20_000_000_000);
    await page.click('#run-pool');
    await sleep(100 + below(400));
    await page.click('#cancel');
    await told(page, /^Cancelled in/);
    await idle(page);
  }],
  ['async-io', (page) => ask(page, 'async-io', /200[^]*Async IO/, { seconds: '0.1' })],
  ['crash', async (page) => {
    await forget(page);
    await page.click('#crash');
    await told(page, /^Crashed.*asked to crash.*answered again/);
  }],
  ['thumbnails', async (page) => {
    await forget(page, '#work-said');
    await page.setInputFiles('#pictures input', { name: 'picture.jpg', mimeType: 'image/jpeg', buffer: picture });
    await told(page, /^5 thumbnails in/, '#work-said');
  }],
  ['async-cpu', (page) => ask(page, 'async-cpu', /200[^]*Async CPU/, { number: String(1_000_000 + below(2_000_000)) })],
  ['sum by fetch', (page) => sum(page, '#run-fetch')],
  ['a view of the picture', (page) => view(page, ['#zoom-in', '#zoom-home'][below(2)])],
  ['password', async (page) => {
    await forget(page, '#work-said');
    await page.click('#password button[type=submit]');
    await told(page, /^Hashed/, '#work-said');
    await page.click('#verify');
    await told(page, /^It is the password/, '#work-said');
  }],
  ['a damaged picture', async (page) => {
    await forget(page, '#work-said');
    await page.setInputFiles('#pictures input', { name: 'half.jpg', mimeType: 'image/jpeg', buffer: picture.subarray(0, 400) });
    await told(page, /1 not readable/, '#work-said');
  }],
  ['stats', (page) => ask(page, 'stats', /200[^]*"submitted"/)],
  ['other lanes', (page) => page.evaluate((count) => {
    const slider = document.getElementById('lanes');
    slider.value = count;
    for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind));
  }, 1 + below(3))],
];

/** Gives the function that measures the page after a full collection: KiB of memory, and numbers of things. */
async function meter(browser, context, page) {
  const cdp = await context.newCDPSession(page);
  const whole = await browser.newBrowserCDPSession();
  await cdp.send('Performance.enable');
  return async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await cdp.send('Performance.getMetrics');
    const of = (wanted) => metrics.find(({ name }) => name === wanted).value;
    const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => look(id));
    return {
      heap: of('JSHeapUsedSize') / 1024,
      wasm: (await wasm(cdp)) / 1024,
      resident: renderers.reduce((sum, { resident }) => sum + resident, 0),
      handles: renderers.reduce((sum, { handles }) => sum + handles, 0),
      workers: page.workers().length,
      listeners: of('JSEventListeners'),
      nodes: of('Nodes'),
      documents: of('Documents'),
    };
  };
}

/** Bytes of all wasm memories of the page. */
async function wasm(cdp) {
  const { result } = await cdp.send('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype', objectGroup: 'soak' });
  const { objects } = await cdp.send('Runtime.queryObjects', { prototypeObjectId: result.objectId, objectGroup: 'soak' });
  const functionDeclaration = 'function() { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }';
  const sum = await cdp.send('Runtime.callFunctionOn', { functionDeclaration, objectId: objects.objectId, returnByValue: true });
  await cdp.send('Runtime.releaseObjectGroup', { objectGroup: 'soak' });
  return sum.result.value;
}
