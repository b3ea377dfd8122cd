// Pictures and passwords on the page, and over its service worker: what comes with the second module.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browser, context, open, profile, said, setUp, site, started, until, violations } from './site.mjs';

const picture = (name) => fileURLToPath(new URL(`../fixtures/pictures/${name}`, import.meta.url));
const SIDES = [512, 256, 128, 64, 32];

setUp();

const told = (page, pattern) => page.waitForFunction(
  (source) => new RegExp(source).test(document.getElementById('work-said').textContent),
  pattern.source,
  { timeout: 60_000 },
);
/** The real size of each thumbnail, once the browser has decoded it. */
const sizes = (page, entry = 1) => page.$$eval(`#thumbs li:nth-child(${entry}) img`, (images) => Promise.all(images.map(async (image) => {
  await image.decode();
  return [image.naturalWidth, image.naturalHeight];
})));
/** A photograph of so many pixels with some noise, made by the browser. */
const photograph = (page, width, height) => page.evaluate(async ([width, height]) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  for (let index = 0; index < 2_000; index += 1) {
    context.fillStyle = `hsl(${index * 7} 70% ${20 + (index % 60)}%)`;
    context.fillRect((index * 7919) % width, (index * 104_729) % height, width / 8, height / 9);
  }
  return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer())];
}, [width, height]);
const drop = (page, files) => page.evaluate((files) => {
  const dataTransfer = new DataTransfer();
  for (const { name, bytes } of files) dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ['dragenter', 'dragover', 'drop']) {
    document.getElementById('pictures').dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}, files);
const post = (page, url, body, headers = {}) => page.evaluate(async ({ url, body, headers }) => {
  const response = await fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) });
  const { status } = response;
  const type = response.headers.get('content-type');
  if (!type.startsWith('image/')) return { status, type, by: response.headers.get('x-served-by'), text: await response.text() };
  const { width, height } = await createImageBitmap(await response.blob());
  return { status, type, by: response.headers.get('x-served-by'), width, height };
}, { url, body: typeof body === 'string' ? body : [...body], headers });

test('a dropped picture becomes thumbnails in every size, on all lanes', async () => {
  const page = await open(context, site.url);
  await drop(page, [{ name: 'photo.jpg', bytes: await photograph(page, 2_000, 1_500) }]);
  await told(page, /^5 thumbnails/);
  assert.deepEqual(await sizes(page), SIDES.map((side) => [side, side * 3 / 4]));
  const captions = await page.$$eval('#thumbs figcaption', (all) => all.map(({ textContent }) => textContent));
  assert.ok(captions.every((caption) => /\d+ × \d+\d+ ms\d+ kB/.test(caption)), captions.join());
  assert.equal(await page.$eval('#work-progress', ({ value }) => value), 1);
  // The second module has a worker for each lane, beside those of the first.
  assert.ok(page.workers().length > Number(await page.textContent('#lanes-now')), `${page.workers().length} workers`);
  assert.deepEqual(said, []);
});

test('pictures are chosen by keyboard too, and turned upright', async () => {
  const page = await open(context, site.url);
  await page.setInputFiles('#pictures input', [picture('portrait.jpg'), picture('alpha.png'), picture('lossy.webp')]);
  await told(page, /^15 thumbnails/);
  for (const entry of [1, 2, 3]) {
    const small = (await sizes(page, entry)).at(-1);
    assert.equal(Math.max(...small), 32, small.join());
  }
  // Stored lying on its side.
  assert.deepEqual((await sizes(page, 3))[0], [480, 360]);
});

test('the picture of the explorer is at hand', async () => {
  const page = await open(context, site.url);
  await page.click('#pictures button');
  await told(page, /^5 thumbnails/);
  assert.equal((await sizes(page))[0][0], 512);
});

for (const [name, options] of Object.entries({ light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' }, phone: { viewport: { width: 360, height: 740 }, isMobile: true } })) {
  test(`axe finds nothing in what comes out, and nothing sticks out: ${name}`, async () => {
    const { context: own, said: heard } = await profile(browser, options);
    const page = await open(own, site.url);
    await page.setInputFiles('#pictures input', [picture('portrait.jpg'), picture('make.sh')]);
    await told(page, /^5 thumbnails.*1 not readable/);
    await page.click('#password button[type=submit]');
    await told(page, /^Hashed/);
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    assert.deepEqual(heard, []);
    await own.close();
  });
}

test('what is no picture is said in words, beside pictures that are', async () => {
  const page = await open(context, site.url);
  const whole = readFileSync(picture('baseline.jpg'));
  await drop(page, [
    { name: 'text.jpg', bytes: [...Buffer.from('not a picture')] },
    { name: 'cut.jpg', bytes: [...whole.subarray(0, whole.length / 2)] },
    { name: 'fine.jpg', bytes: [...whole] },
  ]);
  await told(page, /^5 thumbnails.*2 not readable/);
  const wrong = await page.$$eval('#thumbs .bad', (all) => all.map(({ textContent }) => textContent).sort());
  assert.equal(wrong.length, 2);
  assert.match(wrong[0], /cannot be decoded/);
  assert.match(wrong[1], /no JPEG, PNG or WebP/);
  assert.deepEqual(said, []);
});

test('pictures that were dropped off the page leave no memory behind', async () => {
  const page = await open(context, site.url);
  await page.evaluate(() => {
    const { createObjectURL, revokeObjectURL } = URL;
    globalThis.urls = new Set();
    URL.createObjectURL = (blob) => {
      const url = createObjectURL.call(URL, blob);
      urls.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      urls.delete(url);
      revokeObjectURL.call(URL, url);
    };
  });
  const bytes = [...readFileSync(picture('baseline.jpg'))];
  await drop(page, Array.from({ length: 7 }, (_, index) => ({ name: `${index}.jpg`, bytes })));
  await told(page, /^35 thumbnails/);
  const [shown, kept] = await page.evaluate(() => [document.querySelectorAll('#thumbs img').length, urls.size]);
  assert.equal(shown, 20);
  assert.equal(kept, shown);
});

test('a password is hashed and verified while the main thread goes on ticking', async () => {
  const page = await open(context, site.url);
  await page.selectOption('#password select', '65536 4');
  await page.evaluate(() => {
    globalThis.ticks = 0;
    const tick = () => {
      if (document.getElementById('work-said').textContent.startsWith('Hashing')) globalThis.ticks += 1;
      setTimeout(tick, 4);
    };
    tick();
  });
  await page.click('#password button[type=submit]');
  await told(page, /^Hashed/);
  // The hash takes some hundred milliseconds at least; with it on the main thread there would be none or one.
  const ticks = await page.evaluate(() => globalThis.ticks);
  assert.ok(ticks > 10, `${ticks} ticks`);
  assert.match(await page.textContent('#password .answer'), /^\$argon2id\$v=19\$m=65536,t=4,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  await page.click('#verify');
  await told(page, /^It is the password/);
  await page.fill('#password [name=password]', 'correct house');
  await page.click('#verify');
  await told(page, /^It is another password/);
  assert.deepEqual(said, []);
});

test('the second module is loaded when it is wanted, and then works offline', async () => {
  const page = await open(context, site.url);
  assert.ok([...site.sent.keys()].every((file) => !/\/work[/._]/.test(file)), [...site.sent.keys()].join());
  await page.click('#password button[type=submit]');
  await told(page, /^Hashed/);
  assert.ok(site.sent.has('/pkg/work_bg.wasm'));
  await site.stop();
  await page.reload();
  await started(page);
  await page.click('#password button[type=submit]');
  await told(page, /^Hashed/);
  await page.setInputFiles('#pictures input', picture('baseline.jpg'));
  await told(page, /^5 thumbnails/);
});

test('offline and never loaded, that is said, and the rest of the page works', async () => {
  const page = await open(context, site.url);
  await site.stop();
  await page.click('#password button[type=submit]');
  await told(page, /could not be loaded/);
  assert.equal(await page.evaluate(async () => (await fetch('ping')).text()), 'pong');
});

test('the service worker has pictures and passwords answered by the page', async () => {
  const page = await open(context, site.url);
  const made = await post(page, 'thumbnail?width=100&format=png', readFileSync(picture('baseline.jpg')));
  assert.deepEqual([made.status, made.type, made.width, made.by], [200, 'image/png', 100, 'service-worker']);
  const json = { 'content-type': 'application/json' };
  const { hash } = JSON.parse((await post(page, 'password/hash', '{"password":"x"}', json)).text);
  const verified = await post(page, 'password/verify', JSON.stringify({ password: 'x', hash }), json);
  assert.equal(JSON.parse(verified.text).valid, true);
  const bad = await post(page, 'thumbnail?width=100', 'no picture');
  assert.deepEqual([bad.status, bad.type], [415, 'application/problem+json']);
  assert.equal(await page.evaluate(async () => {
    const { width } = await createImageBitmap(await (await fetch('mandelbrot?width=200&height=100')).blob());
    return width;
  }), 200);
  assert.deepEqual(said.filter((line) => !line.includes('415')), []);
});

test('with no page to answer, the service worker says what to do', async () => {
  const page = await open(context, site.url);
  // A window under the service worker that is no page of this build.
  await page.goto(`${site.url}fonts/OFL.txt`);
  await until(page, () => navigator.serviceWorker.controller !== null);
  const { status, type, text } = await post(page, '../thumbnail?width=100', 'x');
  assert.deepEqual([status, type], [503, 'application/problem+json']);
  assert.match(JSON.parse(text).detail, /open .* in a tab/);
});

test('a page that is closed while it answers leaves an error, not a silence', async () => {
  const page = await open(context, site.url);
  const other = await context.newPage();
  await other.goto(`${site.url}fonts/OFL.txt`);
  await until(other, () => navigator.serviceWorker.controller !== null);
  const cost = { memory_kib: 65_536, iterations: 4 };
  // More of them than can be done at once, so that the page is busy for seconds.
  const answers = other.evaluate((body) => Promise.all(Array.from({ length: 12 }, async () => {
    const response = await fetch('../password/hash', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return [response.status, await response.text()];
  })), JSON.stringify({ password: 'x', ...cost }));
  await until(page, () => document.getElementById('work-said') !== null);
  await page.waitForTimeout(1_500);
  await page.close();
  const ended = await answers;
  assert.equal(ended.length, 12);
  assert.ok(ended.some(([status, text]) => status === 503 && /closed/.test(text)), JSON.stringify(ended.map(([status, text]) => [status, text.slice(0, 120)])));
});
