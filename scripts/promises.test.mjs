import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, tableIn } from './promises.mjs';

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
