// Starts the wasm, the pool and the parts of the page.

import * as glue from './pkg/offloop.js';
import { BUILD } from './pkg/build.js';
import { Explorer } from './explorer.js';
import { Lanes } from './lanes.js';
import { later } from './later.js';
import { findEdge, link, off } from './link.js';
import { measure } from './measure.js';
import * as module from './module.js';
import { Plot } from './plot.js';
import { requests } from './requests.js';
import { everyFrame, framesPerSecond } from './traffic.js';

const $ = (id) => document.getElementById(id);
/** More than one lane, even where a browser hides the number of cores. */
const CORES = Math.max(2, navigator.hardwareConcurrency ?? 2);

function plots() {
  const timeline = new Plot($('timeline'), 0.56);
  const strips = [new Plot($('traffic'), 0), new Plot($('work-traffic'), 0.5)];
  let told = 0;
  everyFrame((now) => {
    timeline.draw(now);
    for (const strip of strips) strip.draw(now);
    if (now - told < 500) return;
    told = now;
    $('fps').textContent = framesPerSecond();
  });
}

const showUpdate = () => { $('update').hidden = false; };

/** Finds out who can answer fetches, and lets the visitor choose. */
function answerers(lanes, load) {
  const [worker, edge] = [$('by-worker'), $('by-edge')];
  const by = () => (edge.checked ? 'edge' : 'service-worker');

  const edgeFound = findEdge().catch(() => false).then((found) => {
    edge.disabled = !found;
    edge.checked = found;
    worker.checked = !found;
    $('foot-edge').textContent = found ? 'behind this page' : 'none behind this page';
    $('by-why').textContent = found ? '' : 'no edge function behind this page';
    $('run-fetch').textContent = found ? 'Edge' : 'Service worker';
  });
  const linked = link(lanes.pool, load, showUpdate).then(
    (tellLanes) => {
      $('foot-worker').textContent = 'answers this page';
      $('lanes').addEventListener('change', tellLanes);
      return true;
    },
    (error) => {
      worker.disabled = true;
      $('foot-worker').textContent = error.message;
      return false;
    },
  );
  const ready = Promise.all([edgeFound, linked]).then(([, working]) => {
    if (working || !edge.disabled) return;
    for (const button of [$('run-fetch'), ...document.querySelectorAll('.view[action] button')]) button.disabled = true;
    $('by-why').textContent = 'nobody: no edge function, and no service worker';
  });
  for (const radio of [worker, edge]) {
    radio.addEventListener('change', () => { $('run-fetch').textContent = edge.checked ? 'Edge' : 'Service worker'; });
  }
  return { by, ready };
}

/** Starts the page. */
async function start() {
  plots();
  $('foot-cores').textContent = navigator.hardwareConcurrency ?? 'unknown';
  $('foot-build').textContent = BUILD;
  if (off) Object.assign($('opt'), { href: './', textContent: 'Turn the service worker on' });
  await module.start(glue, 'offloop');
  const lanes = new Lanes(new glue.Pool(CORES), showUpdate);
  const { by, ready } = answerers(lanes, later(lanes));
  measure(lanes, by, ready);
  requests(by, ready);
  new Explorer(lanes);
  await ready;
  document.documentElement.dataset.ready = '';
}

await start();
