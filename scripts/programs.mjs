// Finds programs that tests run, and installs Debian's if that is possible.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { must, say, Stop } from './shell.mjs';

// The path of each that is wanted. `known` has their names, and Debian's package; `users` are those who need them, for the message.
export async function programs(known, wanted, users) {
  const found = look(known, wanted);
  const missing = wanted.filter((what) => !found[what]);
  if (missing.length === 0) return found;
  const packages = missing.map((what) => known[what].debian);
  if (!where('apt-get') || process.getuid?.() !== 0) {
    throw new Stop(`${missing.join(' and ')} not found on the PATH; ${users} need ${missing.length > 1 ? 'them' : 'it'}. On Debian: apt-get install ${packages.join(' ')}`);
  }
  say(`installing ${packages.join(', ')}`);
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, quiet: true, label: 'apt-get' };
  await must('apt-get', ['update', '-q'], quiet);
  await must('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], quiet);
  const now = look(known, wanted);
  const still = wanted.filter((what) => !now[what]);
  if (still.length) throw new Stop(`apt-get installed ${packages.join(', ')}, yet ${still.join(' and ')} cannot be found`);
  return now;
}

function look(known, wanted) {
  return Object.fromEntries(wanted.map((what) => [what, known[what].names.map(where).find(Boolean)]));
}

function where(name) {
  return process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find((file) => existsSync(file));
}
