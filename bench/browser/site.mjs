// The pages' server and the browser. Isolated, since only then Chromium's clock is finer than 100 µs, and memory can be shared.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { browsers } from '../../scripts/browsers.mjs';
import { at } from '../../scripts/paths.mjs';
import { PKG } from './build.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const HEADERS = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', 'cache-control': 'no-store' };
const FOLDERS = [['/pkg/', PKG], ['/npm/', at('bench', 'node_modules')], ['/', at('bench', 'browser')]];
const ARGS = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --enable-blink-features=ForceEagerMeasureMemory';

// What Offloop does by itself on an isolated page, beside what it does on others.
export const SHARED = 'offloop, shared memory';
// The script of each peer in `peers`.
export const script = (peer) => (peer === SHARED ? 'offloop-shared' : peer);

export async function open() {
  const server = createServer(async ({ url }, response) => {
    const path = normalize(new URL(url, 'http://localhost').pathname);
    const [prefix, folder] = FOLDERS.find(([prefix]) => path.startsWith(prefix));
    const file = join(folder, path === '/' ? 'index.html' : path.slice(prefix.length));
    try {
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain', ...HEADERS }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(Number(process.env.BENCH_PORT ?? 0), '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: (await browsers('chromium')).chromium, args: ARGS.split(' ') });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.error(message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => globalThis.bench);
  const devtools = await page.context().newCDPSession(page);
  return {
    page,
    // Bytes that live in the page, after a collection.
    heap: async () => {
      await devtools.send('HeapProfiler.collectGarbage');
      return (await devtools.send('Runtime.getHeapUsage')).usedSize + (await page.evaluate(() => bench.wasmBytes()));
    },
    bench: (method, ...args) => page.evaluate(([method, args]) => bench[method](...args), [method, args]),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
