// `npm start`. This file imports only what an old Node.js understands, so that it can say that it is too old.
import { outdatedNode } from './versions.mjs';

const outdated = outdatedNode();
if (outdated) {
  console.error(`offloop: ${outdated}`);
  process.exitCode = 1;
} else {
  import('./serve.mjs');
}
