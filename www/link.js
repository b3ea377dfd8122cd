// The page's side of the service worker: registers it, hands it a port to the pool, notices updates, turns it off.

import { BUILD } from './pkg/build.js';
import { VIA } from './requests.js';
import { begin } from './traffic.js';

const CACHE = 'offloop-';
/** How long it may take to install, with a slow network. */
const PATIENCE_MS = 30_000;

/** Whether `?sw=off` asks for no service worker. */
export const off = new URLSearchParams(location.search).get('sw') === 'off';

/** Removes what earlier visits left. Until the next load a removed service worker still answers this page. */
async function remove() {
  const registrations = await navigator.serviceWorker.getRegistrations();
  const here = new URL('./', location.href).href;
  await Promise.all(registrations.filter(({ scope }) => scope === here).map((registration) => registration.unregister()));
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(CACHE)).map((name) => caches.delete(name)));
  if (navigator.serviceWorker.controller) location.reload();
}

/** Whether an edge function serves this page: it marks its files with a header (see `_headers`). */
export async function findEdge() {
  const response = await fetch('pkg/build.js', { cache: 'no-store', headers: { [VIA]: 'edge' } });
  return response.headers.has('x-offloop-edge') && response.headers.get('x-served-by') !== 'cache';
}

/**
 * Has the service worker take this page over. It does so by itself when it is new; after a hard reload it is there, and leaves the page alone
 * until it is asked: <https://w3c.github.io/ServiceWorker/#navigator-service-worker-controller>. Rejects if it never will.
 */
function claim({ installing, waiting, active }) {
  const workers = [installing, waiting, active].filter(Boolean);
  return new Promise((_, reject) => {
    const look = () => {
      for (const worker of workers) if (worker.state === 'activated') worker.postMessage({ offloop: 'claim' });
      if (workers.every(({ state }) => state === 'redundant')) reject(new Error('it could not be installed, reload the page to try again'));
    };
    for (const worker of workers) worker.addEventListener('statechange', look);
    look();
    setTimeout(() => reject(new Error('it did not start in time, reload the page to try again')), PATIENCE_MS);
  });
}

/**
 * Starts the service worker and lends it the pool; `load` is for requests that need the second module. Resolves when it controls the page,
 * with a function that tells it a new number of lanes; rejects with the reason if it never will.
 */
export async function link(pool, load, onUpdate) {
  const { serviceWorker, locks } = navigator;
  if (!serviceWorker) throw new Error('needs https or localhost, and a browser with service workers');
  if (off) {
    await remove();
    throw new Error('turned off');
  }
  // The service worker waits for this lock: it gets it the moment this tab is gone, however it went.
  const page = `${CACHE}page-${crypto.randomUUID()}`;
  await new Promise((held) => locks.request(page, () => new Promise(() => held())));

  const tell = (offloop, ports = []) => serviceWorker.controller?.postMessage({ offloop, build: BUILD, page, lanes: pool.lanes() }, ports);
  const hand = () => {
    const { port1, port2 } = new MessageChannel();
    pool.serve(port1, () => begin('call'));
    tell('port', [port2]);
  };
  let replaced = false;
  const ready = new Promise((resolve) => {
    const controlled = () => {
      hand();
      resolve();
    };
    if (serviceWorker.controller) controlled();
    serviceWorker.addEventListener('controllerchange', () => {
      replaced = true;
      controlled();
    });
  });
  const answer = (request, port) => {
    port.postMessage({ page });
    load().then((work) => work.answer(request, port)).catch((error) => port.postMessage({ error: String(error.message ?? error) }));
  };
  serviceWorker.addEventListener('message', ({ origin, source, data, ports }) => {
    if (origin !== location.origin || source !== serviceWorker.controller || !data?.offloop) return;
    if (data.build !== BUILD) {
      if (replaced) onUpdate();
    } else if (data.offloop === 'port please') {
      hand();
    } else if (data.offloop === 'request') {
      answer(data, ports[0]);
    }
  });
  serviceWorker.startMessages();

  // With the build in its address another build is installed at once: Chromium looks late for what a module imports, or not at all.
  const registration = await serviceWorker.register(`sw.js?${BUILD}`, { type: 'module', updateViaCache: 'none' }).catch((error) => {
    // Firefox has them since 147: <https://developer.mozilla.org/docs/Web/API/ServiceWorkerContainer/register#browser_compatibility>.
    if (!serviceWorker.controller) throw new Error(`this browser cannot start it (${error.message})`);
  });
  if (!serviceWorker.controller) await Promise.race([ready, claim(registration)]);
  return () => tell('lanes');
}
