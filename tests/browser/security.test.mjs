// What the page's own rules keep out: foreign code, foreign hosts, and messages from other windows.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { get, launch, open, profile, serve, WWW } from './site.mjs';

let browser;
let site;
before(async () => {
  browser = await launch();
  site = await serve();
});
after(async () => {
  await browser.close();
  await site.remove();
});

test('the page runs no inline script, evaluates no text and asks no other host', async () => {
  const { context } = await profile(browser);
  const page = await open(context, site.url);
  const blocked = await page.evaluate(async () => {
    const seen = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => seen.push(effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.evil = 1';
    document.head.append(script);
    const far = document.createElement('script');
    far.src = 'http://127.0.0.2:9/evil.js';
    document.head.append(far);
    const evaluated = await new Promise((resolve) => {
      const from = document.createElement('button');
      from.setAttribute('onclick', 'window.evil = 2');
      from.click();
      setTimeout(() => resolve(window.evil ?? null), 50);
    });
    const asked = await fetch('http://127.0.0.2:9/').then(() => 'answered', () => 'refused');
    const worker = await Promise.resolve().then(() => new Worker('http://127.0.0.2:9/evil.js')).then(() => 'started', () => 'refused');
    // Violations are told a moment later.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { seen: [...new Set(seen)].sort(), evaluated, asked, worker };
  });
  assert.deepEqual([blocked.evaluated, blocked.asked, blocked.worker], [null, 'refused', 'refused']);
  for (const directive of ['connect-src', 'script-src-attr', 'script-src-elem']) assert.ok(blocked.seen.includes(directive), `${directive}: ${blocked.seen}`);
  await context.close();
});

test('messages from another window change nothing', async () => {
  const { context, said } = await profile(browser);
  const page = await open(context, site.url);
  // The same server by another name is another origin.
  const foreign = site.url.replace('127.0.0.1', 'localhost');
  const [other] = await Promise.all([page.waitForEvent('popup'), page.evaluate((url) => void window.open(url), `${foreign}nothing.txt`)]);
  await other.waitForLoadState();
  const heard = page.evaluate(() => new Promise((resolve) => addEventListener('message', ({ origin, data }) => data === null && resolve(origin))));
  await page.evaluate(() => 0);
  await other.evaluate(() => {
    for (const data of [{ offloop: 'port please' }, { offloop: 'request', build: 'x' }, { offloop: 'lanes', lanes: 99 }, new Uint8Array(9), 7, null]) opener.postMessage(data, '*');
  });
  assert.equal(`${await heard}/`, foreign, 'they arrived');
  assert.equal((await get(page, 'async-cpu?number=10000')).result, '333283335000');
  assert.deepEqual(said.filter((line) => !line.includes('localhost')), []);
  await context.close();
});

test('whoever listens to messages of windows and workers looks at their origin', () => {
  const scripts = readdirSync(WWW).filter((name) => name.endsWith('.js'));
  const listeners = scripts.flatMap((name) => {
    const text = readFileSync(join(WWW, name), 'utf8');
    return [...text.matchAll(/addEventListener\('message'[^]*?\n {0,2}\}/g)].map(([code]) => ({ name, code }));
  });
  assert.ok(listeners.length >= 2, `${listeners.length} listeners`);
  for (const { name, code } of listeners) assert.match(code, /origin !== (location|SCOPE)\.origin/, `${name}:\n${code}`);
  // A port has no origin: it is whose hands it was put into.
  for (const name of scripts) assert.doesNotMatch(readFileSync(join(WWW, name), 'utf8'), /(window|self|globalThis)\.onmessage|^onmessage/m, name);
});
