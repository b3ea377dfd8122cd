// What the library adds to a page: everything that one with a single trivial task loads, as `npm run bench` weighs it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallest } from '../../bench/browser/build.mjs';

// 60,000 before values were checked, futures gave way and workers said of which build they are.
const MOST_GZIP_BYTES = 65_000;

test('a page with one trivial task takes at most 65 kB with all its scripts, compressed', async (t) => {
  const bytes = await smallest();
  t.diagnostic(`${bytes} bytes`);
  // Far less would be a page without the library.
  assert.ok(bytes > MOST_GZIP_BYTES / 2 && bytes <= MOST_GZIP_BYTES, `${bytes} bytes`);
});
