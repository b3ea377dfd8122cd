import init, { Pool } from '/pkg/wasmworker_page.js';
import { driven } from '../rust.js';

await init();

export async function start(lanes) {
  const pool = await Pool.start(lanes);
  await pool.first(lanes);
  return driven(pool);
}
