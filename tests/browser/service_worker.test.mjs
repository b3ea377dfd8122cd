// The service worker answers the edge function's routes, from any static server and from none.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stamp } from '../../scripts/stamp.mjs';
import { context, get, open, said, serve, setUp, site, squares, started, until } from './site.mjs';

setUp();

const json = async (page, url) => JSON.parse((await get(page, url, { accept: 'application/json' })).text);
const stopWorkers = async (page) => {
  const devtools = await context.newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers');
  await devtools.detach();
};

test('both classic views and the stats are answered with no server behind them', async () => {
  const page = await open(context, site.url);
  const io = await get(page, 'async-io?seconds=0.1');
  assert.deepEqual(io, { status: 200, by: 'service-worker', result: null, text: 'Async IO' });
  const cpu = await get(page, 'async-cpu?number=10000');
  assert.deepEqual(cpu, { status: 200, by: 'service-worker', result: '333283335000', text: 'Async CPU' });
  const large = await json(page, 'async-cpu?number=20000001');
  assert.equal(large.result, squares(20_000_001));
  const stats = await json(page, 'stats');
  assert.ok(stats.finished > 0 && stats.failed.lost === 0, JSON.stringify(stats));
  assert.deepEqual(said, []);
});

test('jobs run in the workers of the page, not in the service worker', async () => {
  const page = await open(context, site.url);
  const { lanes } = await json(page, 'probe');
  assert.ok(lanes.length > 0 && lanes.every((lane) => lane.shares_gateway === false), JSON.stringify(lanes));
});

test('ten waits take as long as one, also while the lanes compute', async () => {
  const page = await open(context, site.url);
  const took = await page.evaluate(async () => {
    const work = fetch('async-cpu?number=300000000');
    const start = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => fetch('async-io?seconds=0.5')));
    const waited = performance.now() - start;
    await (await work).text();
    return waited;
  });
  assert.ok(took >= 500 && took < 2_500, `${took} ms`);
});

test('bad input gets the same answer as at the edge', async () => {
  const page = await open(context, site.url);
  const { status, text } = await get(page, 'async-cpu?number=abc');
  assert.equal(status, 400);
  assert.equal(JSON.parse(text).parameter, 'number');
});

test('progress arrives as events while the lanes compute', async () => {
  const page = await open(context, site.url);
  const { text } = await get(page, 'async-cpu?number=50000000', { accept: 'text/event-stream' });
  const done = [...text.matchAll(/event: progress\ndata: \{"done":(\d+)/g)].map(([, number]) => Number(number));
  assert.ok(done.length > 2 && done.every((number, index) => index === 0 || number >= done[index - 1]), text.slice(0, 300));
  assert.ok(text.includes(squares(50_000_000)));
});

test('an EventSource gets its result once, and does not ask for it again', async () => {
  const page = await open(context, site.url);
  const seen = await page.evaluate(() => new Promise((resolve) => {
    const seen = [];
    const source = new EventSource('async-cpu?number=20000000');
    for (const name of ['open', 'result', 'problem']) source.addEventListener(name, ({ data }) => seen.push([name, data && JSON.parse(data).result]));
    // It would ask again after three seconds.
    source.onerror = () => setTimeout(() => resolve(seen), 6_000);
  }));
  assert.deepEqual(seen, [['open', undefined], ['result', squares(20_000_000)]]);
});

test('an aborted request cancels its jobs', async () => {
  const page = await open(context, site.url);
  await page.evaluate(async () => {
    const controller = new AbortController();
    const response = await fetch('async-cpu?number=3000000000', { headers: { accept: 'text/event-stream' }, signal: controller.signal });
    await response.body.getReader().read();
    controller.abort();
  });
  await until(page, async () => {
    const { queued, running, failed } = await (await fetch('stats')).json();
    return queued === 0 && running === 0 && failed.cancelled > 0;
  });
});

test('the page reloads and the routes answer with the server gone', async () => {
  const page = await open(context, site.url);
  await site.stop();
  await page.reload();
  await started(page);
  assert.equal((await get(page, 'async-cpu?number=10000')).text, 'Async CPU');
  assert.equal((await get(page, 'async-io?seconds=0')).text, 'Async IO');
  assert.equal((await json(page, 'async-cpu?number=20000001')).result, squares(20_000_001));
  assert.equal((await get(page, 'stats')).status, 200);
  assert.equal(await page.textContent('#foot-edge'), 'none behind this page');
});

test('a service worker that was stopped gets a new port and goes on', async () => {
  const page = await open(context, site.url);
  for (let round = 0; round < 3; round += 1) {
    await stopWorkers(page);
    const { lanes } = await json(page, 'probe');
    assert.ok(lanes.every((lane) => lane.shares_gateway === false), `round ${round}: ${JSON.stringify(lanes)}`);
  }
});

test('requests that wake the service worker together ask for one port', async () => {
  const page = await open(context, site.url);
  // It has the first port by then, which would wake it as well.
  await json(page, 'probe');
  await stopWorkers(page);
  const asked = await page.evaluate(async () => {
    let asked = 0;
    navigator.serviceWorker.addEventListener('message', ({ data }) => { asked += data.offloop === 'port please'; });
    await Promise.all(Array.from({ length: 8 }, async () => (await fetch('async-cpu?number=20000001')).text()));
    return asked;
  });
  assert.equal(asked, 1);
  const { requeued } = await json(page, 'stats');
  assert.equal(requeued, 0, 'jobs were sent to a port that was given up');
});

test('closing the tab that computes moves its jobs to another tab', async () => {
  const first = await open(context, site.url);
  const second = await open(context, site.url);
  const answer = json(first, 'async-cpu?number=600000000');
  await until(first, async () => (await (await fetch('stats')).json()).running > 0);
  await second.close();
  assert.equal((await answer).result, squares(600_000_000));
  const stats = await json(first, 'stats');
  assert.ok(stats.requeued > 0, `nothing was moved: ${JSON.stringify(stats)}`);
});

test('without any page the service worker computes by itself', async () => {
  const page = await open(context, site.url);
  const bare = await context.newPage();
  await page.close();
  await bare.goto(`${site.url}ping`);
  assert.equal(await bare.textContent('body'), 'pong');
  assert.equal((await json(bare, 'async-cpu?number=5000001')).result, squares(5_000_001));
  const { lanes } = await json(bare, 'probe');
  assert.ok(lanes.every((lane) => lane.shares_gateway === true), JSON.stringify(lanes));
});

test('a task that panics in the service worker is answered, and the next request gets a new instance', async () => {
  const page = await open(context, site.url);
  const bare = await context.newPage();
  await page.close();
  await bare.goto(`${site.url}ping`);
  const instances = new Set();
  for (let round = 0; round < 3; round += 1) {
    instances.add((await json(bare, 'probe')).instance);
    const answer = await bare.evaluate(async () => {
      const response = await fetch('tasks/panic_with', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '"on purpose"' });
      return [response.status, (await response.json()).kind];
    });
    assert.deepEqual(answer, [500, 'failed']);
    assert.equal((await json(bare, 'async-cpu?number=1000001')).result, squares(1_000_001));
  }
  assert.equal(instances.size, 3);
  const again = await open(context, site.url);
  const { lanes } = await json(again, 'probe');
  assert.ok(lanes.every((lane) => lane.shares_gateway === false), JSON.stringify(lanes));
});

test('a new build takes over at once, leaves nothing of the old one, and tells open tabs', async () => {
  const old = await open(context, site.url);
  const build = await old.textContent('#foot-build');
  appendFileSync(join(site.folder, 'app.js'), '\n// changed\n');
  stamp(site.folder);
  const fresh = await open(context, site.url);
  const changed = await fresh.textContent('#foot-build');
  assert.notEqual(changed, build);
  await until(fresh, async (build) => {
    const names = await caches.keys();
    return names.length === 1 && names[0] === `offloop-${build}`;
  }, changed);
  await old.waitForSelector('#update:not([hidden])');
  assert.ok(await fresh.isHidden('#update'));
  assert.equal((await json(fresh, 'async-cpu?number=5000001')).result, squares(5_000_001));
});

test('?sw=off removes the service worker and its cache, and without it nothing is intercepted', async () => {
  const page = await open(context, site.url);
  await page.goto(`${site.url}?sw=off`);
  // The page reloads itself once, to be rid of what still answers it.
  await page.waitForFunction(() => navigator.serviceWorker.controller === null && 'ready' in document.documentElement.dataset);
  await until(page, async () => (await navigator.serviceWorker.getRegistrations()).length + (await caches.keys()).length === 0);
  assert.equal(await page.textContent('#foot-worker'), 'turned off');
  assert.ok(await page.isDisabled('#async-cpu button'));
  assert.equal((await get(page, 'ping')).status, 404);
});

test('with an edge function behind it, that answers, unless the visitor chooses otherwise or it is gone', async () => {
  const edge = await serve({ edge: (url) => `edge ${url}` });
  const page = await open(context, edge.url);
  assert.equal(await page.textContent('#foot-edge'), 'behind this page');
  assert.ok(await page.isChecked('#by-edge'));
  const ask = async () => {
    await page.click('#async-cpu button');
    await page.waitForFunction(() => /\n\n/.test(document.querySelector('#async-cpu .answer').textContent));
    return page.textContent('#async-cpu .answer');
  };
  assert.match(await ask(), /Edge function[^]*edge \/async-cpu\?number=10000/);
  assert.equal((await get(page, 'ping')).text, 'edge /ping');
  await page.check('#by-worker');
  assert.match(await ask(), /Service worker[^]*Async CPU/);
  await edge.stop();
  assert.equal((await get(page, 'ping')).text, 'pong');
  await page.reload();
  await started(page);
  assert.equal(await page.textContent('#foot-edge'), 'none behind this page');
  assert.match(await ask(), /Service worker[^]*Async CPU/);
  assert.deepEqual(said, []);
  await edge.remove();
});

test('messages of another shape, build or origin are ignored', async () => {
  const page = await open(context, site.url);
  await page.evaluate(() => {
    const { controller } = navigator.serviceWorker;
    // A page that lives, so that its port would not be given up at once.
    navigator.locks.request('x', () => new Promise(() => {}));
    for (const data of [null, 7, {}, { offloop: 'port' }, { offloop: 'port', build: 'another', page: 'x', lanes: 2 }, { offloop: 'lanes', lanes: -1 }]) {
      controller.postMessage(data, [new MessageChannel().port1]);
    }
  });
  const { lanes } = await json(page, 'probe');
  assert.ok(lanes.every((lane) => lane.shares_gateway === false), JSON.stringify(lanes));
  assert.deepEqual(said, []);
});

test('whatever number of lanes a page says it has, requests are answered', async () => {
  const page = await open(context, site.url);
  const tell = (lanes) => page.evaluate(async (lanes) => {
    const { BUILD } = await import('./pkg/build.js');
    const held = `offloop-page-${crypto.randomUUID()}`;
    await new Promise((done) => navigator.locks.request(held, () => new Promise(() => done())));
    const { controller } = navigator.serviceWorker;
    controller.postMessage({ offloop: 'port', build: BUILD, page: held, lanes }, [new MessageChannel().port1]);
    controller.postMessage({ offloop: 'lanes', build: BUILD, page: held, lanes });
    // As a page that names itself badly.
    for (const name of [7, {}, '', '-', 'x'.repeat(1e6), null]) controller.postMessage({ offloop: 'port', build: BUILD, page: name, lanes }, [new MessageChannel().port1]);
  }, lanes);
  for (const lanes of [1e6, 2 ** 32, 1e300, Infinity, -1, 0, 0.5, NaN, '9', 'many', null, [], {}]) {
    await tell(lanes);
    assert.equal((await get(page, 'ping')).text, 'pong', `${lanes}`);
    const stats = await json(page, 'stats');
    assert.ok(stats.lanes >= 1 && stats.lanes <= 256, `${lanes}: ${stats.lanes}`);
  }
  assert.deepEqual(said, []);
});

test('no other page may show what the service worker answers in a frame', async () => {
  const page = await open(context, site.url);
  for (const path of ['', 'ping', 'async-cpu?number=abc', 'thumbnail', 'stats']) {
    const response = await (await context.newPage()).goto(site.url + path);
    assert.ok(response.fromServiceWorker(), path);
    assert.match(response.headers()['content-security-policy'], /frame-ancestors 'none'/, path);
  }
  const shown = await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = 'ping';
    await new Promise((loaded) => { frame.onload = loaded; document.body.append(frame); });
    try {
      return frame.contentDocument.body.textContent;
    } catch {
      return 'refused';
    }
  });
  assert.notEqual(shown, 'pong');
});
