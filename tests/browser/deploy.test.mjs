// A page that is reloaded past its service worker, and one that meets the files of another build.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deploy } from './deploy.mjs';
import { context, get, open, said, setUp, site, squares, started, WWW } from './site.mjs';

setUp();

const told = (page, id = 'said') => page.textContent(`#${id}`);
const choose = (page, number) => page.evaluate((number) => document.getElementById('work').add(new Option('test', number, false, true)), number);
const lanes = (page, count) => page.evaluate((count) => {
  const slider = document.getElementById('lanes');
  slider.max = count;
  slider.value = count;
  for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind));
}, count);

/** As with Shift: <https://chromedevtools.github.io/devtools-protocol/tot/Page/#method-reload>. */
async function reloadHard(page) {
  const devtools = await context.newCDPSession(page);
  const loaded = page.waitForEvent('load');
  await devtools.send('Page.reload', { ignoreCache: true });
  await loaded;
  await devtools.detach();
}

test('after a hard reload the service worker answers the forms again', async () => {
  const page = await open(context, site.url);
  for (let round = 0; round < 2; round += 1) {
    await reloadHard(page);
    await started(page);
    await page.click('#async-cpu button');
    await page.waitForFunction(() => document.querySelector('#async-cpu .answer').textContent.includes('Async CPU'));
    assert.match(await page.textContent('#async-cpu .answer'), /200.*Service worker/);
    const { lanes } = JSON.parse((await get(page, 'probe')).text);
    assert.ok(lanes.every((lane) => lane.shares_gateway === false), JSON.stringify(lanes));
  }
  assert.ok(await page.isHidden('#update'));
  assert.deepEqual(said, []);
});

test('a service worker that cannot be installed is told, and nobody waits for it', async () => {
  rmSync(join(site.folder, 'fonts', 'overpass.woff2'));
  const page = await open(context, site.url);
  assert.match(await told(page, 'foot-worker'), /could not be installed, reload/);
  assert.ok(await page.isDisabled('#async-cpu button'));
});

for (const [name, kinds] of Object.entries({ 'all files': ['glue', 'wasm', 'rest'], 'only the glue': ['glue'] })) {
  test(`workers that start after a deployment of ${name} are refused, those that run go on, and the page asks to be reloaded`, async () => {
    const page = await open(context, site.url);
    await choose(page, 20_000_001);
    await page.click('#run-pool');
    await page.waitForFunction((sum) => document.getElementById('said').textContent.includes(sum), squares(20_000_001));
    deploy(site.folder, ...kinds);
    await lanes(page, 4);
    await page.click('#run-pool');
    await page.waitForFunction(() => document.getElementById('said').textContent.startsWith('It failed'));
    assert.match(await told(page), /another build.*reload/);
    await page.waitForSelector('#update:not([hidden])');
    await lanes(page, 2);
    await page.click('#run-pool');
    await page.waitForFunction((sum) => document.getElementById('said').textContent.includes(sum), squares(20_000_001));
    if (kinds.length < 3) cpSync(join(WWW, 'pkg'), join(site.folder, 'pkg'), { recursive: true });
    await page.click('#reload');
    await page.waitForFunction(() => document.getElementById('update').hidden && 'ready' in document.documentElement.dataset);
    await lanes(page, 3);
    await choose(page, 20_000_001);
    await page.click('#run-pool');
    await page.waitForFunction((sum) => document.getElementById('said').textContent.includes(sum), squares(20_000_001));
  });
}

test('a worker that crashes after a deployment is not replaced by one of another build', async () => {
  const page = await open(context, site.url);
  await choose(page, 1_000_001);
  await page.click('#run-pool');
  await page.waitForFunction((sum) => document.getElementById('said').textContent.includes(sum), squares(1_000_001));
  deploy(site.folder, 'glue', 'wasm', 'rest');
  await page.click('#crash');
  await page.waitForSelector('#update:not([hidden])');
  await page.waitForFunction(() => /another build.*reload/.test(document.getElementById('said').textContent));
});

test('the second module of another build is not used', async () => {
  const page = await open(context, site.url);
  deploy(site.folder, 'glue', 'wasm', 'rest');
  await page.click('#password button[type=submit]');
  await page.waitForFunction(() => /newer build of it, reload the page/.test(document.getElementById('work-said').textContent));
  assert.ok(await page.isVisible('#update'));
});

for (const kinds of [['glue'], ['wasm'], ['rest'], ['glue', 'wasm'], ['glue', 'rest'], ['wasm', 'rest']]) {
  test(`a page whose files are of two builds computes nothing and asks to be reloaded: another ${kinds.join(' and ')}`, async () => {
    deploy(site.folder, ...kinds);
    const page = await context.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => /could not start: .*two builds, reload/.test(document.getElementById('said').textContent));
    assert.ok(await page.isVisible('#update'));
    assert.ok(await page.isDisabled('#run-pool') && await page.isDisabled('#async-cpu button'));
    assert.equal(page.workers().length, 0);
  });
}

test('a page whose scripts do not fit together asks to be reloaded', async () => {
  const file = join(site.folder, 'lanes.js');
  writeFileSync(file, readFileSync(file, 'utf8').replace('export class Lanes', 'export class Ways'));
  const page = await context.newPage();
  await page.goto(site.url);
  await page.waitForFunction(() => /could not start: .*reload/.test(document.getElementById('said').textContent));
  assert.ok(await page.isVisible('#update'));
});

test('a service worker does not run the module of another build, and is well again when the server is', async () => {
  const page = await open(context, site.url);
  const devtools = await context.newCDPSession(page);
  const restart = async () => {
    await page.evaluate(async () => { for (const name of await caches.keys()) await (await caches.open(name)).delete('pkg/offloop_bg.wasm'); });
    await devtools.send('ServiceWorker.enable');
    await devtools.send('ServiceWorker.stopAllWorkers');
  };
  deploy(site.folder, 'wasm');
  await restart();
  const { status, text } = await get(page, 'async-cpu?number=10000');
  assert.deepEqual([status, JSON.parse(text).kind], [503, 'skew']);
  assert.match(JSON.parse(text).detail, /reload/);
  cpSync(join(WWW, 'pkg'), join(site.folder, 'pkg'), { recursive: true });
  assert.equal((await get(page, 'async-cpu?number=10000')).result, '333283335000');
});
