import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concerned, fits, locked } from './advisories.mjs';

test('requirements are read as Cargo reads them', () => {
  const right = [
    ['1.2.3', '>= 1.2.3'], ['1.2.3', '<= 1.2.3'], ['1.3.0', '> 1.2.3, < 2'], ['0.9.9', '< 1.0.0'], ['1.2.3', '= 1.2.3'], ['1.9.0', '^1.2'], ['0.3.7', '^0.3.1'],
    ['0.0.3', '^0.0.3'], ['1.2.9', '~1.2.3'], ['1.9.0', '1.2.3'], ['2.0.0', '>=2.0.0-alpha.1'], ['1.2.3', '>= 0'],
  ];
  for (const [version, requirement] of right) assert.ok(fits(version, requirement), `${version} fits ${requirement}`);
  const wrong = [['1.2.2', '>= 1.2.3'], ['2.0.0', '^1.2'], ['0.4.0', '^0.3.1'], ['0.0.4', '^0.0.3'], ['1.3.0', '~1.2.3'], ['2.1.0', '> 1.2.3, < 2'], ['1.2.4', '= 1.2.3']];
  for (const [version, requirement] of wrong) assert.ok(!fits(version, requirement), `${version} does not fit ${requirement}`);
});

test('a crate is concerned unless its version is patched, unaffected, or the advisory withdrawn', () => {
  const crates = locked('[[package]]\nname = "a"\nversion = "1.0.0"\n[[package]]\nname = "b"\nversion = "2.0.0"\n');
  const about = (name, versions, more = {}) => ({ advisory: { id: 'RUSTSEC-0', package: name, ...more }, versions });
  const found = (...advisories) => concerned(crates, advisories).map(({ name, kind }) => `${name}: ${kind}`);
  assert.deepEqual(found(about('a', { patched: ['>= 1.0.1'] }), about('b', { patched: [] }, { informational: 'unmaintained' })), ['a: vulnerability', 'b: unmaintained']);
  assert.deepEqual(found(about('a', { patched: ['>= 0.9'] }), about('b', { patched: [], unaffected: ['>= 2'] }), about('a', {}, { withdrawn: '2024-01-01' }), about('c', {})), []);
});
