import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { headerRules } from './headers.mjs';

function rules(text) {
  const file = join(mkdtempSync(join(tmpdir(), 'offloop-test-')), '_headers');
  writeFileSync(file, text);
  return headerRules(file);
}

test('a pattern with its headers becomes a rule', () => {
  const [[everything, headers], [module]] = rules('# all\n/*\n  X-One: a: b\n\n/pkg/*.wasm\n  X-Two: c\n');
  assert.deepEqual(headers, { 'x-one': 'a: b' });
  assert.match('/any/thing', new RegExp(everything));
  assert.match('/pkg/offloop_bg.wasm', new RegExp(module));
  assert.doesNotMatch('/pkg/offloop_bgXwasm', new RegExp(module));
});

test('a line that is not understood is refused, not skipped', () => {
  assert.throws(() => rules('/:name\n  X-One: a\n'), /does not understand/);
  assert.throws(() => rules('/*\n  ! X-One\n'), /does not understand/);
});
