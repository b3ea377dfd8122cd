// The results as Markdown: a table for each group, a column for each peer, ours against the baseline at the end.
import { median, ratio } from './figure.mjs';

export function table({ machine, rounds, quick, figures }) {
  const head = [
    `${machine.date}. ${machine.processor}; ${machine.system}. ${machine.versions.join(', ')}.`,
    '',
    `Median of ${rounds} interleaved rounds${quick ? ' of a quick run' : ''} (lowest to highest).`,
  ];
  const groups = grouped(figures);
  const body = [...groups].flatMap(([group, rows]) => ['', `## ${group}`, '', ...(group === 'growth' ? rows.flatMap(grown) : lines(rows))]);
  return [...head, ...body, ''].join('\n');
}

function lines(rows) {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const compared = rows.some(({ against }) => against.length);
  const head = ['', ...peers, ...(compared ? ['ratio', 'target'] : [])];
  const body = rows.map((row) => [
    `${row.title}, ${row.unit}`,
    ...peers.map((peer) => cell(row.peers[peer])),
    ...(compared ? [ratio(row) !== null ? `${number(ratio(row))} × ${row.against.length > 1 ? 'best peer' : row.against[0]}` : '', wanted(row)] : []),
  ]);
  return [head, head.map((_, column) => (column ? '--:' : '---')), ...body].map((cells) => `| ${cells.join(' | ')} |`);
}

// A size in each column.
function grown({ title, unit, points }) {
  const sizes = Object.values(points)[0].map(([size]) => size.toLocaleString('en'));
  const rows = Object.entries(points).map(([peer, line]) => [peer, ...line.map(([, value]) => number(value))]);
  return ['', ...[[`${title}, ${unit}`, ...sizes], ['---', ...sizes.map(() => '--:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`)];
}

function wanted(row) {
  if (!row.target) return '';
  const found = ratio(row);
  if (found === null) return '';
  const met = row.better === 'less' ? found <= row.target : found >= row.target;
  return `${row.better === 'less' ? '≤' : '≥'} ${row.target} ${met ? 'met' : '**missed**'}`;
}

function cell(values) {
  if (!values?.length) return '';
  const few = values.length === 1 || Math.min(...values) === Math.max(...values);
  return few ? number(median(values)) : `${number(median(values))} (${number(Math.min(...values))}–${number(Math.max(...values))})`;
}

export function number(value) {
  if (value === null || value === undefined) return '';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function grouped(figures) {
  const groups = new Map();
  for (const one of figures) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}
