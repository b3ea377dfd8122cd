// The page's second module and its pool: the same library and the same lanes' rows, with pictures and passwords in its table.

import * as glue from '../pkg/work.js';
import * as module from '../module.js';
import { answer } from './answer.js';
import { passwords } from './passwords.js';
import { pictures } from './pictures.js';

/** A worker that has made thumbnails may hold a hundred megabytes. */
const IDLE_MS = 20_000;

/** Starts the module; gives what a visitor, and the service worker, may ask of it. */
export async function start(lanes) {
  await module.start(glue, 'work');
  const pool = new glue.Pool(lanes.count, IDLE_MS);
  lanes.join(pool);
  return { thumbnails: pictures(pool, lanes), ...passwords(pool, lanes), answer: (request, port) => answer(pool, request, port) };
}
