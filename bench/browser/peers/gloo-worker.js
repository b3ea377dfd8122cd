import init, { Pool } from '/pkg/gloo.js';
import { driven } from '../rust.js';

await init();

export async function start(lanes) {
  const pool = new Pool(lanes, new URL('./gloo-worker-worker.js', import.meta.url).href);
  await pool.first(lanes);
  return driven(pool);
}
