// What wrangler.toml says, with the local secrets of .dev.vars on top, read as `wrangler dev` reads them. What is not understood stops the command:
// a line that is skipped could be the one with the token.
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import dotenv from 'dotenv';
import { parse as parseToml } from 'smol-toml';
import { at } from './paths.mjs';
import { Stop } from './shell.mjs';

// `options` are `NAME:VALUE`, and win over files.
export function settings(options = [], folder = at()) {
  const { compatibility_date, compatibility_flags = [], vars = {} } = wrangler(folder);
  const date = typeof compatibility_date === 'string' ? compatibility_date : compatibility_date?.toISOString?.();
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Stop('wrangler.toml needs a line such as compatibility_date = "2026-04-01"');
  if (!Array.isArray(compatibility_flags) || !compatibility_flags.every((flag) => typeof flag === 'string')) throw new Stop('compatibility_flags in wrangler.toml must be a list of strings');
  if (typeof vars !== 'object' || Array.isArray(vars) || vars instanceof Date) throw new Stop('[vars] in wrangler.toml must be a table');
  return { date, flags: compatibility_flags, vars: { ...vars, ...secrets(folder), ...Object.fromEntries(options.map(pair)) } };
}

function wrangler(folder) {
  const text = read(folder, 'wrangler.toml');
  if (text === null) throw new Stop(`there is no wrangler.toml in ${folder}. Restore it: git checkout wrangler.toml`);
  try {
    return parseToml(text);
  } catch (error) {
    throw new Stop(`wrangler.toml cannot be read: ${error.message.split('\n')[0]}${error.line ? ` (line ${error.line})` : ''}`);
  }
}

// As wrangler does: .dev.vars, and only without it .env and .env.local.
function secrets(folder) {
  const own = read(folder, '.dev.vars');
  if (own !== null) return variables(own, '.dev.vars');
  const found = {};
  for (const name of ['.env', '.env.local']) {
    const text = read(folder, name);
    if (text !== null) Object.assign(found, withoutReferences(variables(text, name), name));
  }
  return found;
}

// Those files may also hold what is meant for wrangler itself. It replaces $NAME in them, which this does not.
function withoutReferences(found, name) {
  const own = Object.entries(found).filter(([key]) => !/^(CLOUDFLARE|CF|WRANGLER)_/.test(key));
  for (const [key, value] of own) if (value.includes('$')) throw new Stop(`${key} in ${name} refers to another variable with $. Write its value into .dev.vars, where a $ is a $.`);
  return Object.fromEntries(own);
}

// What one line is to dotenv 16.3.1, which wrangler 4.86 uses and which skips all others.
export const LINE = /(?:^|^)\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?(?:$|$)/mg;

function variables(text, name) {
  const whole = text.replace(/\r\n?/g, '\n');
  // Not the line itself: it may hold a secret.
  const refuse = (index, why) => {
    throw new Stop(`${name}, line ${index + 1}: ${why}. Write NAME=VALUE, with quotes around a value that contains #, quotes or line ends.`);
  };
  const rest = whole.replace(LINE, (match, key, value = '', offset) => {
    const [quote = '', ...others] = value.trim();
    if ('\'"`'.includes(quote) && quote !== others.at(-1) && quote) refuse(linesIn(whole.slice(0, offset + match.search(/\S/))), 'the quotes do not match');
    return match.replace(/[^\n]/g, '');
  });
  rest.split('\n').forEach((line, index) => /^\s*[^#\s]/.test(line) && refuse(index, 'this is not understood'));
  return dotenv.parse(whole);
}

const linesIn = (text) => text.split('\n').length - 1;

// The text of a file, or null if there is none. A link to nowhere is no such case.
function read(folder, name) {
  const path = join(folder, name);
  if (!lstatSync(path, { throwIfNoEntry: false })) return null;
  try {
    return readFileSync(path, 'utf8');
  } catch ({ message }) {
    throw new Stop(`${name} cannot be read: ${message}. Make it a file that this user may read, or remove it.`);
  }
}

function pair(option) {
  const [, name, value] = /^([A-Za-z_]\w*):([^]*)$/.exec(option) ?? [];
  if (!name) throw new Stop('a variable is written --var NAME:VALUE');
  return [name, value];
}
