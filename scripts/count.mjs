// Reads the number of passed, failed and skipped tests out of what test programs print.
const ESCAPES = /\u001b\[[0-9;]*m/g;

// cargo test and wasm-bindgen's runner: one line for each test program.
const CARGO = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm;
// node's runner: one line for each kind, at the end.
const NODE = /^[ℹ#] (pass|fail|cancelled|skipped|todo) (\d+)$/gm;

export function count(output) {
  const text = output.replace(ESCAPES, '');
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of text.matchAll(CARGO)) {
    sum.passed += Number(passed);
    sum.failed += Number(failed);
    sum.skipped += Number(ignored);
  }
  const kinds = { pass: 'passed', fail: 'failed', cancelled: 'failed', skipped: 'skipped', todo: 'skipped' };
  for (const [, kind, number] of text.matchAll(NODE)) sum[kinds[kind]] += Number(number);
  return sum;
}

// A suite as a whole: one that crashed, or that ran nothing, has failed even if no test says so.
export function verdict({ code, output, single }) {
  if (single) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const sum = count(output);
  if (sum.failed === 0 && (code !== 0 || sum.passed === 0)) sum.failed = 1;
  return sum;
}
