import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { at } from './paths.mjs';
import { promised, rowsOf, sections } from './promised.mjs';
import { counted, PLATFORMS, read, tableIn } from './promises.mjs';

test('what was kept is read out of what test programs print', () => {
  const output = [
    'test cancel::threads::a_job_ends ... ok',
    'test cancel::inline::instead::a_job_ends ... ok',
    'test cancel::threads::another ... FAILED',
    'Worker error: at the calltest map::web_workers::in_order ... ok',
    'test blob::a_blob_is_cheap ... ok',
    '  \u001b[32m✔ run::workerd, one process::instead::a_job_ends \u001b[90m(3.2ms)\u001b[39m',
    '  ✖ run::workerd, one process::another (3.2ms)',
  ].join('\n');
  assert.deepEqual(read(output), {
    threads: { 'cancel::a_job_ends': '✓' },
    inline: { 'cancel::a_job_ends': '≠' },
    web_workers: { 'map::in_order': '✓' },
    'one process': { 'run::a_job_ends': '≠' },
  });
});

test('the table is what stands between its marks', () => {
  assert.equal(tableIn('before\n<!-- promises -->\n| a |\n| b |\n<!-- end of promises -->\nafter'), '| a |\n| b |');
  assert.equal(tableIn('no table'), undefined);
});

test('the sections of promises are read out of the sources', () => {
  const source = 'use x;\npromises! {\n    everywhere: a_job_ends,\n        another,;\n    where_tasks_are_told: one;\n}\nfn a() {}\n';
  assert.deepEqual(sections(source), [['everywhere', 'a_job_ends'], ['everywhere', 'another'], ['where_tasks_are_told', 'one']]);
});

// Offline and at once; that each was kept is what the suite `promises` looks at, when all platforms have run.
test('docs/promises.md has a row for each promise in the sources, with what they say of each platform, and no other', () => {
  const [told, sources] = [rowsOf(tableIn(readFileSync(at('docs', 'promises.md'), 'utf8'))), promised()];
  assert.ok(Object.keys(sources).length > 50);
  for (const name of Object.keys({ ...told, ...sources })) {
    assert.ok(told[name], `${name} is promised and has no row: run the suites, then node scripts/promises.mjs`);
    assert.ok(sources[name], `${name} has a row, and no test promises it`);
    assert.deepEqual(told[name], sources[name], name);
  }
});

test('the README counts what docs/promises.md names', () => {
  const told = Object.entries(rowsOf(tableIn(readFileSync(at('docs', 'promises.md'), 'utf8'))));
  const groups = new Map();
  for (const [name] of told) groups.set(name.split('::')[0], [...(groups.get(name.split('::')[0]) ?? []), name]);
  const cells = PLATFORMS.map((_, column) => Object.fromEntries(told.map(([name, marks]) => [name, marks[column]])));
  assert.equal(tableIn(readFileSync(at('README.md'), 'utf8')), counted(groups, cells));
});
