// As Offloop is by itself on an isolated page.
import { start as started } from './offloop.js';

export const start = (lanes, module) => started(lanes, module, true);
