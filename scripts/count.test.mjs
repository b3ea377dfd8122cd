import assert from 'node:assert/strict';
import test from 'node:test';
import { count, verdict } from './count.mjs';

const CARGO = 'test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out\n';

test('adds up every test program of a cargo run', () => {
  const output = `${CARGO}noise\ntest result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured\n`;
  assert.deepEqual(count(output), { passed: 15, failed: 1, skipped: 2 });
});

test('reads the end of a node run, coloured or not, and takes a cancelled test as failed', () => {
  const plain = 'ℹ tests 9\nℹ pass 5\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 1\n';
  const coloured = plain.replaceAll(/^(.*)$/gm, '\u001b[34m$1\u001b[39m');
  for (const output of [plain, coloured, plain.replaceAll('ℹ', '#')]) assert.deepEqual(count(output), { passed: 5, failed: 2, skipped: 2 });
});

test('a suite that crashed has failed whatever its tests said', () => {
  assert.equal(verdict({ code: 101, output: CARGO }).failed, 1);
  assert.equal(verdict({ code: 0, output: CARGO }).failed, 0);
});

test('a suite that ran nothing has failed', () => {
  assert.deepEqual(verdict({ code: 0, output: 'test result: ok. 0 passed; 0 failed; 0 ignored' }), { passed: 0, failed: 1, skipped: 0 });
});

test('a lint counts as one', () => {
  assert.deepEqual(verdict({ code: 0, output: '', single: true }), { passed: 1, failed: 0, skipped: 0 });
  assert.deepEqual(verdict({ code: 1, output: '', single: true }), { passed: 0, failed: 1, skipped: 0 });
});
