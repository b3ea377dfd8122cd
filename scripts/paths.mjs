// Where things are. Nothing here runs anything.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CARGO_TOOLS } from './versions.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const at = (...parts) => join(ROOT, ...parts);

// Outside the clone, one folder per tool and version: a second clone installs nothing, and two branches can disagree.
export const CACHE = resolve(process.env.OFFLOOP_TOOLS || join(home(), '.cache', 'offloop'));

// Without a home, as some containers start users, the clone's own.
function home() {
  try {
    return homedir() || at('.run');
  } catch {
    return at('.run');
  }
}

export function toolFolder(crate) {
  return join(CACHE, `${crate}-${CARGO_TOOLS[crate].version}`);
}

// The path of a program that a cargo tool brings, such as `wasm-bindgen`.
export function tool(bin) {
  const crate = Object.keys(CARGO_TOOLS).find((name) => CARGO_TOOLS[name].bins.includes(bin));
  return join(toolFolder(crate), 'bin', bin);
}
