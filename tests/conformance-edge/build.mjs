// Builds the worker that keeps promises, bundled as the edge function is.
import { bundle, compiled } from '../../scripts/build.mjs';
import { at } from '../../scripts/paths.mjs';
import { must } from '../../scripts/shell.mjs';

export const BUILT = at('target', 'edge-conformance');

export async function build() {
  const args = ['build', '-p', 'offloop-conformance-edge', '--release', '--target', 'wasm32-unknown-unknown', '--features', 'edge'];
  await must('cargo', args, { label: 'building the conformance worker' });
  await bundle(compiled('release', 'offloop_conformance_edge'), BUILT);
}
