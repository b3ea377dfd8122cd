// The page on small screens, in other colours, enlarged, and without a mouse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, context, open, profile, setUp, site, violations } from './site.mjs';

setUp();

const phone = { deviceScaleFactor: 2, isMobile: true, hasTouch: true };
for (const [name, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'forced colours': { forcedColors: 'active' },
  'forced colours, dark': { forcedColors: 'active', colorScheme: 'dark' },
  'forced colours on a phone': { viewport: { width: 320, height: 640 }, forcedColors: 'active', ...phone },
  'reduced motion': { reducedMotion: 'reduce' },
  phone: { viewport: { width: 360, height: 740 }, ...phone },
  'a small phone': { viewport: { width: 320, height: 568 }, ...phone },
  'a small phone, dark': { viewport: { width: 320, height: 568 }, colorScheme: 'dark', ...phone },
  'a folded phone': { viewport: { width: 280, height: 653 }, ...phone },
  'a phone on its side': { viewport: { width: 568, height: 320 }, ...phone },
  'enlarged to 200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  'enlarged to 400 %': { viewport: { width: 320, height: 200 }, deviceScaleFactor: 4 },
})) {
  test(`axe finds nothing and nothing sticks out: ${name}`, async () => {
    const { context: own, said: heard } = await profile(browser, options);
    const page = await open(own, site.url);
    assert.deepEqual(await violations(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), 'the page scrolls sideways');
    assert.deepEqual(heard, []);
    await own.close();
  });
}

test('with text set wider, as some readers need it, nothing sticks out and nothing is cut off', async () => {
  const { context: own } = await profile(browser, { viewport: { width: 320, height: 640 } });
  const page = await open(own, site.url);
  const cut = await page.evaluate(() => {
    // <https://www.w3.org/TR/WCAG22/#text-spacing>
    const spacing = new CSSStyleSheet();
    spacing.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
    document.adoptedStyleSheets = [spacing];
    const texts = [...document.querySelectorAll('a, button, label, h1, h2, h3, dt, dd, .to, .figure, .only, .said')];
    const wide = texts.filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1).map((text) => text.textContent);
    return [document.documentElement.scrollWidth <= innerWidth, wide];
  });
  assert.deepEqual(cut, [true, []]);
  await own.close();
});

test('everything can be reached and used with the keyboard alone, and shows that it has the focus', async () => {
  const page = await open(context, site.url);
  const stops = await page.$$eval('a[href], button, input, select, [tabindex]', (all) => all.length);
  const seen = new Set();
  for (let presses = 0; presses < stops; presses += 1) {
    await page.keyboard.press('Tab');
    const [what, visible] = await page.evaluate(() => {
      const one = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return [one === document.body ? '' : `${one.tagName}#${one.id} ${one.getAttribute('href') ?? one.name ?? ''} ${one.textContent.slice(0, 20)}`, outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
    });
    if (what) assert.ok(visible, `${what} does not show its focus`);
    if (what) seen.add(what);
  }
  for (const part of ['#compare', '#lanes', '#work', '#explorer', '#zoom-in', '#by-worker', '#opt']) {
    assert.ok([...seen].some((what) => what.includes(`${part} `)), `${part} cannot be reached: ${[...seen].join('\n')}`);
  }
  await page.focus('#async-cpu input');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#async-cpu .answer').textContent.includes('Async CPU'));
});

test('every control has a name that a screen reader can say', async () => {
  const page = await open(context, site.url);
  const tree = await page.locator('body').ariaSnapshot();
  for (const name of ['link "Skip to the measurements"', 'button "Compare all"', 'slider "Lanes', 'combobox "Squares to sum"', 'button "Zoom in"', 'textbox "seconds"', 'textbox "number"', 'radio "service worker"']) {
    assert.ok(tree.includes(name), `${name}:\n${tree}`);
  }
  assert.doesNotMatch(tree, /- (button|link|textbox|combobox|slider|radio|progressbar)(?: \[[^\]]*\])*:?$/m, 'a control without a name');
});
