// Writes www/pkg/build.js: which build this is, which build its modules are of, and the files a page of it needs, at once or later. The service
// worker imports it, so that any change to any file makes a new service worker with a cache of its own. Run after each build of the modules.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const WWW = fileURLToPath(new URL('../www/', import.meta.url));
const STAMP = 'pkg/build.js';
// What the modules were built from; see build.mjs.
const MODULE = 'pkg/build-id.txt';
// Not asked for by any page: what only servers, browsers and people read.
const OTHERS = /^(_headers|sw\.js|index\.html|.*\.(txt|md|d\.ts|json))$|(^|\/)\./;
// Asked for by pages whose visitors use it.
const LATER = /^(work\/|pkg\/work)/;

export function stamp(www = WWW) {
  const files = readdirSync(www, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(www, join(entry.parentPath ?? entry.path, entry.name)).replaceAll(sep, '/'))
    .filter((file) => file !== STAMP)
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(www, file))).update('\0');
  const needed = files.filter((file) => !OTHERS.test(file)).concat(STAMP);
  const chosen = (later) => needed.filter((file) => LATER.test(file) === later);
  const constants = { BUILD: hash.digest('hex').slice(0, 12), MODULE: readFileSync(join(www, MODULE), 'utf8'), FILES: chosen(false), LATER: chosen(true) };
  const text = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`).join('');
  writeFileSync(join(www, STAMP), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) stamp();
