// What a deployment changes in a copy of `www/`: the modules become those of another build, with other names for their closures, as a compiler gives them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stamp } from '../../scripts/stamp.mjs';

const digits = (text) => text.replace(/[0-9a-f]/g, (digit) => ((parseInt(digit, 16) + 7) % 16).toString(16));

/** Changes the files of one kind: `glue`, `wasm`, or whatever else belongs to them, `rest`. */
export function deploy(folder, ...kinds) {
  const pkg = join(folder, 'pkg');
  const id = readFileSync(join(pkg, 'build-id.txt'), 'latin1');
  const other = (text) => text.replaceAll(id, digits(id)).replace(/(?<=invoke__h)[0-9a-f]{16}/g, digits);
  for (const file of readdirSync(pkg)) {
    const kind = file.endsWith('.wasm') ? 'wasm' : file === 'offloop.js' || file === 'work.js' ? 'glue' : '';
    if (kinds.includes(kind)) writeFileSync(join(pkg, file), other(readFileSync(join(pkg, file), 'latin1')), 'latin1');
  }
  if (!kinds.includes('rest')) return;
  writeFileSync(join(pkg, 'build-id.txt'), digits(id));
  stamp(folder);
}
