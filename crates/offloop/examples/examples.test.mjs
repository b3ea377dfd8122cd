// Builds each example as its README says and looks at the page in Chromium.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ARGS = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
// The three share what they have in common; and wasm-opt, which wasm-pack would download, changes nothing that is tested here.
const env = { ...process.env, CARGO_TARGET_DIR: join(HERE, '..', '..', '..', 'target', 'examples') };

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS.split(' ') });
});
after(() => browser?.close());

const run = (program, args, cwd) => promisify(execFile)(program, args, { cwd, env, maxBuffer: 1 << 24 });
const wasm = (name) => run('wasm-pack', ['build', '--target', 'web', '--mode', 'no-install', '--no-opt'], join(HERE, name));
const script = (name) => run('npm', ['run', '--silent', 'build'], join(HERE, name));

// A static server for `folder`, and the address of it.
async function serve(folder, headers = {}) {
  const server = createServer(async ({ url }, response) => {
    const path = normalize(new URL(url, 'http://localhost').pathname);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain', ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

// What the page says once `pattern` is in it, and everything that the console, the network and scripts complained of.
async function visit(address, pattern) {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`));
  await page.goto(address);
  const found = await page.waitForFunction(
    (source) => new RegExp(source).exec(document.body.innerText)?.[0],
    pattern.source,
    { timeout: 30_000 },
  );
  const text = await found.jsonValue();
  const workers = page.workers().length;
  await page.close();
  return { text, workers, complaints };
}

async function check(folder, pattern, expected, headers) {
  const server = await serve(folder, headers);
  try {
    const { text, workers, complaints } = await visit(server.address, pattern);
    assert.deepEqual(complaints, []);
    assert.equal(text, expected);
    return workers;
  } finally {
    server.close();
  }
}

test('without a bundler', { timeout: 600_000 }, async (t) => {
  await wasm('no-bundler');
  const folder = join(HERE, 'no-bundler');
  const answer = [/below two million: \d+/, 'below two million: 148933'];

  await t.test('the page counts on workers', async () => {
    assert.ok((await check(folder, ...answer)) > 0, 'no worker was started');
  });
  await t.test('a strict content security policy is enough', async () => {
    const policy = "default-src 'none'; img-src data:; connect-src 'self'; worker-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'sha256-HASH'";
    const html = await readFile(join(folder, 'index.html'), 'utf8');
    const inline = /<script type="module">([^]*?)<\/script>/.exec(html)[1];
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(inline));
    await check(folder, ...answer, { 'content-security-policy': policy.replace('HASH', Buffer.from(digest).toString('base64')) });
  });
  await t.test('a policy that forbids workers is told at once', async () => {
    const server = await serve(folder, { 'content-security-policy': "worker-src 'none'" });
    const page = await browser.newPage();
    try {
      const refused = new Promise((resolve) => page.on('pageerror', resolve));
      await page.goto(server.address);
      assert.match((await refused).message, /the lane was lost: .*(Content-Security-Policy|Content Security Policy|CSP)/);
    } finally {
      await page.close();
      server.close();
    }
  });
});

test('with Vite', { timeout: 600_000 }, async (t) => {
  await wasm('vite');
  const folder = join(HERE, 'vite');
  const answer = [/after the blur: \d+/, 'after the blur: 126'];

  await t.test('the production build blurs on a worker', async () => {
    await script('vite');
    assert.ok((await check(join(folder, 'dist'), ...answer)) > 0, 'no worker was started');
  });
  await t.test('so does the development server', async () => {
    const { createServer: vite } = await import(join(folder, 'node_modules', 'vite', 'dist', 'node', 'index.js'));
    const server = await vite({ root: folder, logLevel: 'error', server: { host: '127.0.0.1' } });
    try {
      await server.listen();
      const { text, workers, complaints } = await visit(server.resolvedUrls.local[0], answer[0]);
      assert.deepEqual(complaints, []);
      assert.equal(text, answer[1]);
      assert.ok(workers > 0, 'no worker was started');
    } finally {
      await server.close();
    }
  });
});

test('with webpack', { timeout: 600_000 }, async () => {
  await wasm('webpack');
  await script('webpack');
  await check(join(HERE, 'webpack'), /12 queens: \d+/, '12 queens: 14200');
});
