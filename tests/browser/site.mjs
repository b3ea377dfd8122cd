// What the browser tests share: a static file server with nothing behind it, and a Chromium that remembers what the console said.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

export const WWW = fileURLToPath(new URL('../../www/', import.meta.url));
const TYPES = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.woff2': 'font/woff2', '.txt': 'text/plain',
};

/**
 * Serves a copy of `www/`, which a test may change. `sent` holds the size of each file as it was sent, gzipped. With `edge`, a
 * function from a URL to text, it looks like an edge function: that answers whatever is no file.
 */
export async function serve({ edge } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-www-'));
  cpSync(WWW, folder, { recursive: true });
  const sent = new Map();
  const server = createServer(({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://here').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (edge) response.setHeader('x-offloop-edge', '1');
    if (edge && !extname(file)) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(edge(url));
      return;
    }
    if (!file.startsWith(folder) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
      return;
    }
    const body = gzipSync(readFileSync(file));
    sent.set(path, body.length);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-encoding': 'gzip' }).end(body);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const stop = () => new Promise((stopped) => {
    server.close(stopped);
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    folder,
    sent,
    stop,
    async remove() {
      if (server.listening) await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A browser for one test file. Root may not use the sandbox; the rest keeps it from calling home. */
export function launch() {
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-quic', '--disable-background-networking'];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

/** A fresh profile. `said` collects warnings and errors of all its pages and workers. */
export async function profile(browser, options = {}) {
  const context = await browser.newContext(options);
  const said = [];
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (wrong) => { said.push(`uncaught: ${wrong.error().stack}`); });
  return { context, said };
}

// For each test of a file; the browser is for all of them.
export let browser;
export let site;
export let context;
export let said;

/** To be called at the top of a file. */
export function setUp() {
  before(async () => { browser = await launch(); });
  after(() => browser.close());
  beforeEach(async () => {
    site = await serve();
    ({ context, said } = await profile(browser));
  });
  afterEach(async () => {
    await context.close();
    await site.remove();
  });
}

/** Opens the page and waits until everything in it has started. */
export async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await started(page);
  return page;
}

export const started = (page) => page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, { timeout: 30_000 });

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, a line each. */
export async function violations(page) {
  // The page's policy lets no other script in; the test's goes around it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`);
}

/** Fetches from inside the page. */
export const get = (page, url, headers = {}) => page.evaluate(async ({ url, headers }) => {
  const response = await fetch(url, { headers });
  return { status: response.status, by: response.headers.get('x-served-by'), result: response.headers.get('x-result'), text: await response.text() };
}, { url, headers });

/** The closed formula for the sum of the squares below `n`. */
export const squares = (n) => {
  const last = BigInt(n) - 1n;
  return String((last * (last + 1n) * (2n * last + 1n)) / 6n);
};

/** Asks inside the page until the answer is true. `waitForFunction` would take the promise of an answer for one. */
export async function until(page, ask, argument) {
  for (const end = Date.now() + 20_000; !(await page.evaluate(ask, argument)); await new Promise((next) => setTimeout(next, 30))) {
    if (Date.now() > end) throw new Error(`not true within 20 s: ${ask}`);
  }
}
