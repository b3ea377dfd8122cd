import { Pool } from '/pkg/ours.js';
import { driven } from '../rust.js';

// With messages only, as on a page that is not isolated.
export async function start(lanes, module, shared = false) {
  const pool = new Pool(lanes, shared);
  await pool.first(lanes);
  return driven(pool, { map: (total) => pool.map(total) });
}
