// The edge function without an edge: the same router, compiled into the same wasm, answers its routes for this origin.
// Jobs go to the pool of an open page. The page's files come from the network while there is one, else from this build's cache.

import * as glue from './pkg/offloop.js';
import { BUILD, FILES, LATER } from './pkg/build.js';
import * as module from './module.js';
import { pass } from './pass.js';

const CACHE = `offloop-${BUILD}`;
const WASM = 'pkg/offloop_bg.wasm';
const SCOPE = new URL(self.registration.scope);
const ROUTES = /^(ping|async-io|async-cpu|mandelbrot|thumbnail|password\/(hash|verify)|tasks(\/[^/]+)?|stats|probe)$/;
/** Those of them whose tasks are not in this module: an open page has the other one, and workers for it. */
const PASSED = /^(mandelbrot|thumbnail|password\/.*|tasks\/(strip|thumbnail|hash_password|verify_password))$/;
/** A network that takes longer counts as none, if the file is in the cache. */
const PATIENCE_MS = 4000;
/** How long a page that computes may take to hand its port over before the job runs here. */
const PORT_MS = 300;
/** More lanes of a page are not used. */
const LANES_MAX = 256;

self.addEventListener('install', (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

async function fill() {
  const cache = await caches.open(CACHE);
  // Asked anew: an HTTP cache may hold the wasm of one build and the script of another.
  await cache.addAll(['./', ...FILES].map((file) => new Request(file, { cache: 'no-cache' })));
}

self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('offloop-') && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
  await askForPorts();
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== SCOPE.origin || !url.pathname.startsWith(SCOPE.pathname)) return;
  const path = url.pathname.slice(SCOPE.pathname.length);
  const via = request.headers.get('x-offloop-via');
  if (ROUTES.test(path)) {
    if (via !== 'edge') event.respondWith(route(request, `/${path}${url.search}`, via).then((response) => unframed(request, response)));
  } else if (request.method === 'GET' && (path === '' || FILES.includes(path) || LATER.includes(path))) {
    event.respondWith(file(url, path).then((response) => unframed(request, response)));
  }
});

/** No other page may show this answer in a frame. A static server may not be able to say so, and in a page's own policy it has no effect. */
function unframed(request, response) {
  if (request.mode !== 'navigate' || response.status === 0) return response;
  const marked = new Response(response.body, response);
  marked.headers.append('content-security-policy', "frame-ancestors 'none'");
  return marked;
}

/** This build's copy if there is no network: a page of one build must never run the wasm of another. */
async function file(url, path) {
  const copy = await caches.match(path || './', { cacheName: CACHE });
  const late = new AbortController();
  const timer = copy && setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const response = await fetch(url, { cache: 'no-cache', signal: late.signal });
    // What only some visitors need is kept once it was needed.
    if (response.ok && LATER.includes(path)) await (await caches.open(CACHE)).put(url, response.clone());
    // A navigation must not be answered with a response that was redirected.
    return response.redirected ? new Response(response.body, response) : response;
  } catch (error) {
    if (!copy) throw error;
    const marked = new Response(copy.body, copy);
    marked.headers.set('x-served-by', 'cache');
    return marked;
  } finally {
    clearTimeout(timer);
  }
}

async function route(request, path, via) {
  if (via !== 'service-worker' && (await edgeBehind())) {
    // No network, no edge: then it is answered here.
    const response = await fetch(request.clone()).catch(() => null);
    if (response) return response;
  }
  return PASSED.test(path.slice(1).split('?')[0]) ? passOn(request, path) : compute(request, path);
}

/** Whether the files came from an edge function, which marks them. */
async function edgeBehind() {
  const page = await caches.match('./', { cacheName: CACHE });
  return page?.headers.has('x-offloop-edge') ?? false;
}

const pages = new Set();

// ---- the wasm ----

let service = null;
/** Rejects when the wasm traps; a new one for each instance. */
let trapped = Promise.withResolvers();
trapped.promise.catch(() => {});

// A task that panics here, for want of a page, ends the instance. Every request that it was answering is told, the next one gets
// a new instance.
for (const kind of ['error', 'unhandledrejection']) {
  self.addEventListener(kind, (event) => {
    if (!((event.error ?? event.reason) instanceof WebAssembly.RuntimeError)) return;
    event.preventDefault();
    trapped.reject(event.error ?? event.reason);
    trapped = Promise.withResolvers();
    trapped.promise.catch(() => {});
    service = null;
    pages.clear();
    glue.__wbg_reset_state();
  });
}

/** The router, started when the first request needs it: a service worker is often woken for a file only. */
function start() {
  service ??= (async () => {
    const wasm = (await caches.match(WASM, { cacheName: CACHE })) ?? fetch(WASM, { cache: 'no-cache' });
    await module.start(glue, 'offloop', wasm);
    return new glue.Service();
  })();
  service.catch(async (error) => {
    service = null;
    // It was stored while the server was being updated.
    if (module.isSkew(error)) await (await caches.open(CACHE)).delete(WASM);
  });
  return service;
}

// An EventSource asks again once its stream has ended. Chromium tells a service worker nothing of the last event that it has seen, so that it would be
// computed again for ever.
const AGAIN_TOMORROW = new TextEncoder().encode('retry: 86400000\n\n');

async function compute(request, path) {
  const { method, headers } = request;
  const body = method === 'GET' || method === 'HEAD' ? undefined : new Uint8Array(await request.arrayBuffer());
  let running;
  try {
    [running] = await Promise.all([start(), ensurePort()]);
  } catch (error) {
    const kind = module.isSkew(error) ? 'skew' : 'lost';
    return problem(503, 'Service Unavailable', kind, `the service worker could not start: ${error.message ?? error}`);
  }
  const gone = new AbortController();
  const signal = AbortSignal.any([request.signal, gone.signal]);
  const end = trapped.promise;
  let answer;
  try {
    answer = await Promise.race([end, running.answer(method, path, [...headers], body, signal)]);
  } catch (error) {
    if (signal.aborted) throw error;
    return crashed();
  }
  const init = { status: answer.status(), headers: answer.headers() };
  const stream = new ReadableStream({
    async pull(controller) {
      const chunk = await Promise.race([end, answer.next()]);
      if (chunk) return controller.enqueue(chunk);
      if (response.headers.get('content-type') === 'text/event-stream') controller.enqueue(AGAIN_TOMORROW);
      controller.close();
    },
    cancel(reason) {
      gone.abort(reason);
      answer.close();
    },
  });
  const response = new Response([204, 304].includes(init.status) ? null : stream, init);
  response.headers.set('x-served-by', 'service-worker');
  return response;
}

/** Has a request answered by an open page. */
async function passOn(request, path) {
  const body = request.method === 'GET' ? undefined : new Uint8Array(await request.arrayBuffer());
  const message = { offloop: 'request', build: BUILD, method: request.method, path, headers: [...request.headers], body };
  let lost;
  for (const client of await self.clients.matchAll({ type: 'window' })) {
    try {
      const response = await pass(client, message, request.signal);
      response?.headers.set('x-served-by', 'service-worker');
      if (response) return response;
    } catch (error) {
      // That page is gone. Another one may be open, and no task here minds being run twice.
      if (request.signal.aborted) throw error;
      lost = error;
    }
  }
  if (lost) return problem(503, 'Service Unavailable', 'lost', String(lost.message ?? lost));
  return problem(503, 'Service Unavailable', 'no_page', `pictures and passwords are computed by an open page of this build: open or reload ${SCOPE} in a tab, then ask again`);
}

/** The answer that the views give for a task that panicked, as far as it is known here. */
function crashed() {
  return problem(500, 'Internal Server Error', 'failed', 'a task crashed in the service worker, since no page was open to run it');
}

function problem(status, title, kind, detail) {
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-served-by': 'service-worker' };
  if (status === 503) headers['retry-after'] = '1';
  return new Response(JSON.stringify({ type: 'about:blank', title, status, detail, kind }), { status, headers });
}

// ---- the pools of open pages ----

let arrived = () => {};

self.addEventListener('message', (event) => {
  const { origin, source, data, ports } = event;
  if (origin !== SCOPE.origin || !(source instanceof WindowClient)) return;
  // Of whichever build: a page that was reloaded past this service worker would never be controlled by it.
  if (data?.offloop === 'claim') event.waitUntil(self.clients.claim());
  // Calls name their task by its place in the table, which is another one in another build.
  if (data?.build !== BUILD || typeof data.page !== 'string' || !PAGE.test(data.page) || !(data.lanes >= 1)) return;
  if (data.offloop === 'port' && ports.length === 1) event.waitUntil(adopt(data, ports[0]));
  if (data.offloop === 'lanes' && pages.has(data.page)) event.waitUntil(start().then((running) => running.resize(Math.min(data.lanes, LANES_MAX))));
});

/** What pages call themselves; see link.js. */
const PAGE = /^offloop-page-[0-9a-f-]{36}$/;

async function adopt({ page, lanes }, port) {
  (await start()).adopt(page, port, Math.min(lanes, LANES_MAX));
  arrived();
  if (pages.has(page)) return;
  pages.add(page);
  // Held by the page for as long as it lives.
  navigator.locks.request(page, async () => {
    pages.delete(page);
    (await start()).forget(page);
  });
}

async function askForPorts() {
  const windows = await self.clients.matchAll({ type: 'window' });
  for (const client of windows) client.postMessage({ offloop: 'port please', build: BUILD });
  return windows.length > 0;
}

let asking = null;

/** Ports die with the service worker, which a browser ends when it likes. So they are asked for when they are needed, once for all who do. */
async function ensurePort() {
  if (pages.size) return;
  asking ??= ask().finally(() => { asking = null; });
  await asking;
}

async function ask() {
  const answered = new Promise((resolve) => { arrived = resolve; });
  if (await askForPorts()) await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, PORT_MS))]);
}
