// Finds the browsers and drivers for tests.
import { programs } from './programs.mjs';

const KNOWN = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], debian: 'chromium' },
  chromedriver: { names: ['chromedriver'], debian: 'chromium-driver' },
  firefox: { names: ['firefox', 'firefox-esr'], debian: 'firefox-esr' },
};

// The path of each that is asked for: `browsers('chromium', 'chromedriver')`.
export function browsers(...wanted) {
  return programs(KNOWN, wanted, 'the browser tests');
}
