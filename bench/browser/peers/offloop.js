import { Pool } from '/pkg/ours.js';
import { driven } from '../rust.js';

export async function start(lanes) {
  const pool = new Pool(lanes);
  await pool.first(lanes);
  return driven(pool, { map: (total) => pool.map(total) });
}
