import init, { initThreadPool, Pool } from '/pkg/rayon/rayon_page.js';
import { driven } from '../rust.js';

// One pool in a page, for as long as it is open; its threads are in the page's memory.
let started;

export async function start(lanes) {
  started ??= init({}).then(() => initThreadPool(lanes));
  await started;
  const pool = new Pool();
  await pool.first(lanes);
  return driven(pool, { batched: (total, flight) => pool.batched(total, flight / lanes) });
}
