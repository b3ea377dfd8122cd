// A folder for a test, which is removed when the test file ends, however that is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Each folder has a listener.
process.setMaxListeners(0);
