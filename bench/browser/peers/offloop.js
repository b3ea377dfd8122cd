import { Pool } from '/pkg/ours.js';
import { driven } from '../rust.js';

// With messages only, as on a page that is not isolated.
export async function start(lanes, module, shared = false) {
  const pool = new Pool(lanes, shared);
  await pool.first(lanes);
  const vectors = Object.fromEntries(['vector', 'result', 'floats'].map((kind) => [kind, async (length, count) => [...(await pool[kind](length, count))]]));
  return driven(pool, { map: (total) => pool.map(total), ...vectors });
}
