// The tables of promises in the documents are what the conformance suite found when it ran last.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { at } from '../../scripts/paths.mjs';
import { FILES, found, PLATFORMS, tableIn } from '../../scripts/promises.mjs';

const everywhere = new Set(PLATFORMS.flatMap((platform) => Object.keys(found(platform))));

for (const platform of PLATFORMS) {
  test(`each promise was kept, or what happens instead was asserted: ${platform.title}`, () => {
    const here = Object.keys(found(platform));
    assert.deepEqual([...everywhere].filter((name) => !here.includes(name)), [], `not run on ${platform.title}`);
    assert.ok(here.length > 50, `${here.length} promises`);
  });
}

for (const { file, table } of FILES) {
  test(`the table in ${file} is true`, () => {
    assert.equal(tableIn(readFileSync(at(file), 'utf8')), table(), 'write it anew: node scripts/promises.mjs');
  });
}
