// The gateway's main module under plain workerd: static files first, as Cloudflare's assets do, then the edge function in the same isolate.
// A path names a file if its last segment has a dot or is empty, so that no other request waits for the disk.
import edge from './index.js';
export * from './index.js';

const TYPES = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  woff2: 'font/woff2',
};

export default {
  async fetch(request, env, ctx) {
    const path = pathOf(request.url);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === '' || name.includes('.')) {
      const file = await asset(request, path, env);
      if (file) return file;
    }
    return edge.fetch(request, env, ctx);
  },
};

function pathOf(url) {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const ends = [url.indexOf('?', start), url.indexOf('#', start)].filter((end) => end >= 0);
  return url.slice(start, Math.min(url.length, ...ends));
}

// The file's response, or nothing if there is no such file. A client's copy is asked about each time and rarely sent again.
async function asset(request, path, { ASSETS_DISK, ASSETS_HEADERS }) {
  const file = path.endsWith('/') ? `${path}index.html` : path;
  const found = await ASSETS_DISK.fetch(`http://disk${file}`, { method: request.method === 'GET' ? 'GET' : 'HEAD' });
  // A folder is answered with a listing, which is nobody's business.
  if (!found.ok || found.headers.get('content-type') === 'application/json') return undefined;
  if (path.endsWith('/index.html')) return Response.redirect(request.url.replace(/index\.html(?=$|[?#])/, ''), 307);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response('method not allowed', { status: 405, headers: { allow: 'GET, HEAD' } });
  }
  const headers = {
    'content-type': TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'cache-control': 'public, max-age=0, must-revalidate',
    etag: `W/"${Date.parse(found.headers.get('last-modified')).toString(36)}-${found.headers.get('content-length')}"`,
  };
  for (const [pattern, more] of ASSETS_HEADERS) if (new RegExp(pattern).test(path)) Object.assign(headers, more);
  if (request.headers.get('if-none-match') === headers.etag) return new Response(null, { status: 304, headers });
  return new Response(found.body, { headers });
}
