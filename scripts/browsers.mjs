// Finds the browsers and drivers for tests, and installs Debian's if that is possible.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { must, say, Stop } from './shell.mjs';

const WANTED = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], debian: 'chromium' },
  chromedriver: { names: ['chromedriver'], debian: 'chromium-driver' },
  firefox: { names: ['firefox', 'firefox-esr'], debian: 'firefox-esr' },
};

// The path of each that is asked for: `browsers('chromium', 'chromedriver')`.
export async function browsers(...wanted) {
  const found = look(wanted);
  const missing = wanted.filter((what) => !found[what]);
  if (missing.length === 0) return found;
  const packages = missing.map((what) => WANTED[what].debian);
  if (!where('apt-get') || process.getuid?.() !== 0) {
    throw new Stop(`${missing.join(' and ')} not found on the PATH; the browser tests need them. On Debian: apt-get install ${packages.join(' ')}`);
  }
  say(`installing ${packages.join(', ')}`);
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, quiet: true, label: 'apt-get' };
  await must('apt-get', ['update', '-q'], quiet);
  await must('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], quiet);
  const now = look(wanted);
  const still = wanted.filter((what) => !now[what]);
  if (still.length) throw new Stop(`apt-get installed ${packages.join(', ')}, yet ${still.join(' and ')} cannot be found`);
  return now;
}

function look(wanted) {
  return Object.fromEntries(wanted.map((what) => [what, WANTED[what].names.map(where).find(Boolean)]));
}

function where(name) {
  return process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find((file) => existsSync(file));
}
