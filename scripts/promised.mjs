// What the conformance suite's sources promise on which platform, without running anything: the sections of `promises!` in crates/offloop/tests/conformance.
import { readdirSync, readFileSync } from 'node:fs';
import { INSTEAD, KEPT } from './promises.mjs';
import { at } from './paths.mjs';

const SOURCES = at('crates', 'offloop', 'tests', 'conformance');

// What each platform cannot do, in the order of the table's columns: as `native.rs`, `web.rs` and `conformance-edge` have it.
const MISSING = [
  [],
  ['where_jobs_run_beside', 'where_lanes_run_in_parallel', 'where_reports_are_heard', 'where_tasks_are_told'],
  ['where_tasks_are_told'],
  ['where_tasks_are_told'],
  ['where_jobs_run_beside', 'where_lanes_run_in_parallel', 'where_reports_are_heard', 'where_tasks_are_told', 'where_panics_are_contained', 'where_lanes_are_apart'],
  ['where_lanes_run_in_parallel', 'where_reports_are_heard', 'where_tasks_are_told', 'where_lanes_are_apart'],
  ['where_reports_are_heard', 'where_tasks_are_told'],
];

/** The rows that the long table must have: `{ 'group::name': ['✓', '≠', …] }`. */
export function promised() {
  const rows = {};
  for (const file of readdirSync(SOURCES)) {
    const group = file.replace('.rs', '');
    for (const [section, name] of sections(readFileSync(`${SOURCES}/${file}`, 'utf8'))) {
      rows[`${group}::${name.replaceAll('_', ' ')}`] = MISSING.map((missing) => (missing.includes(section) ? INSTEAD : KEPT));
    }
  }
  return rows;
}

/** Pairs of a section and a promise in it. */
export function sections(source) {
  const block = /^promises! \{([^}]*)\}/m.exec(source)?.[1] ?? '';
  return block.split(';').flatMap((part) => {
    const [section, names] = part.split(':').map((text) => text.trim());
    return names ? names.split(',').map((name) => [section, name.trim()]).filter(([, name]) => name) : [];
  });
}

/** The rows that a text's long table has. */
export function rowsOf(text) {
  const rows = {};
  let group = '';
  for (const line of text.split('\n')) {
    group = /^## (\w+)/.exec(line)?.[1] ?? group;
    const [name, ...cells] = line.split('|').slice(1, -1).map((cell) => cell.trim());
    if (cells.length && !['promise', '---'].includes(name)) rows[`${group}::${name}`] = cells;
  }
  return rows;
}
