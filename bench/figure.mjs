// A figure: what was measured, in which unit, and the values of each round by peer.

// `less` or `more` is better. `against` names the peers to the best of which ours is compared, `target` the ratio that is wanted. `ours` is what is compared.
export function figure(group, id, title, unit, { better = 'less', against = [], target, ours = 'offloop', peers = {} } = {}) {
  return { group, id, title, unit, better, against, target, ours, peers };
}

export function add({ peers }, peer, value) {
  (peers[peer] ??= []).push(value);
}

export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (values) => quantile(values, 0.5);

// Ours to the best of those it is compared with, of the medians; null if either is missing.
export function ratio({ against, better, ours, peers }) {
  const others = against.filter((peer) => peers[peer]).map((peer) => median(peers[peer]));
  if (!others.length || !peers[ours]) return null;
  return median(peers[ours]) / (better === 'less' ? Math.min(...others) : Math.max(...others));
}
