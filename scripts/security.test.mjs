// docs/security.md names a test for each claim; this holds it to that.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { at } from './paths.mjs';

const text = readFileSync(at('docs', 'security.md'), 'utf8');
const CITED = /\]\(\.\.\/([^)]+)\): \*([^*]+)\*/g;

test('every test that is named exists', () => {
  const cited = [...text.matchAll(CITED)];
  assert.ok(cited.length > 20, `${cited.length} tests are named`);
  for (const [, file, name] of cited) {
    const code = readFileSync(at(file), 'utf8');
    assert.ok(code.includes(`'${name}'`) || code.includes(`fn ${name.replaceAll(' ', '_')}(`), `${file} has no test "${name}"`);
  }
});

test('every claim names one', () => {
  const claims = text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (claim|---)/.test(line));
  for (const claim of claims) assert.match(claim, /: \*[^*]+\*/, claim);
});
