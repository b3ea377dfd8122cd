// The three tasks as the workers of JavaScript libraries offer them; see `ours/src/lib.rs`.
import init, { raw_double, raw_echo, raw_spin } from '/pkg/ours.js';

export const load = (module) => init({ module_or_path: module });
export const double = raw_double;
export const echo = raw_echo;
export const spin = raw_spin;
