// `www/_headers`, which Cloudflare's static assets read, for the gateway under plain workerd: a path pattern, then indented headers.
// `*` stands for anything; placeholders, and taking headers away, are not understood here and are refused.
import { existsSync, readFileSync } from 'node:fs';
import { Stop } from './shell.mjs';

// [[source of a regular expression for the path, { header: value }], …]
export function headerRules(file) {
  if (!existsSync(file)) return [];
  const rules = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line.trim() || line.startsWith('#')) continue;
    if (/^\//.test(line) && !line.includes(':')) rules.push([`^${line.trim().split('*').map(escape).join('.*')}$`, {}]);
    else if (/^\s+[\w-]+:/.test(line) && rules.length) rules.at(-1)[1][line.slice(0, line.indexOf(':')).trim().toLowerCase()] = line.slice(line.indexOf(':') + 1).trim();
    else throw new Stop(`${file} has a line that npm start does not understand: ${line}`);
  }
  return rules;
}

const escape = (text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
