import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import { LINE, settings } from './settings.mjs';
import { temporary } from './testing/temporary.mjs';

// What wrangler itself makes of the same folder.
const { unstable_getVarsForDev: byWrangler } = createRequire(import.meta.url)('wrangler');

function folder(files) {
  const made = temporary();
  for (const [name, text] of Object.entries({ 'wrangler.toml': 'compatibility_date = "2026-04-01"\n', ...files })) writeFileSync(join(made, name), text);
  return made;
}

function asWrangler(where) {
  const found = byWrangler(join(where, 'wrangler.toml'), undefined, {}, undefined, true);
  return Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value]));
}

const UNDERSTOOD = {
  plain: 'API_TOKEN=secret',
  'blanks around': '  API_TOKEN =  secret  ',
  export: 'export API_TOKEN=secret',
  'export with blanks': '\t export   API_TOKEN = secret',
  'a byte order mark': '\uFEFFAPI_TOKEN=secret\n',
  'a byte order mark and a comment': '\uFEFF# secrets\nAPI_TOKEN=secret\n',
  comments: '# one\n\n   # API_TOKEN=other\nAPI_TOKEN=secret # three\n',
  'single quotes': "API_TOKEN='secret'",
  'double quotes': 'API_TOKEN="secret" # with a comment',
  'back quotes': 'API_TOKEN=`secret`',
  'a # within quotes': 'API_TOKEN="se#cret"',
  'a # without quotes': 'API_TOKEN=secret#rest',
  'several lines in quotes': 'API_TOKEN="secret\nQUEUE=3\n# no comment"\nLANES=2',
  'escaped line ends': 'API_TOKEN="one\\ntwo"',
  'line ends of Windows': 'QUEUE=5\r\nAPI_TOKEN=secret\r\n',
  'line ends of old': 'QUEUE=5\rAPI_TOKEN=secret\r',
  'a colon': 'API_TOKEN: secret',
  'nothing as a value': 'API_TOKEN=\nQUEUE=5',
  'the last of two': 'API_TOKEN=first\nAPI_TOKEN=secret',
  'equals signs in the value': 'API_TOKEN=a=b==',
  'quotes within a value': 'API_TOKEN=it\'s',
  'quotes within quotes': 'API_TOKEN="say "secret""',
  nothing: '',
};
for (const [what, text] of Object.entries(UNDERSTOOD)) {
  test(`.dev.vars is read as wrangler reads it: ${what}`, () => {
    const where = folder({ '.dev.vars': text });
    assert.deepEqual(settings([], where).vars, asWrangler(where));
  });
}

const REFUSED = {
  'no equals sign': ['QUEUE=5\nAPI_TOKEN secret', 2],
  'a name alone': ['API_TOKEN\n', 1],
  'a name with a blank': ['API TOKEN=secret', 1],
  'no name': ['\n=secret', 2],
  'a shell variable': ['$API_TOKEN=secret', 1],
  'a colon without a blank': ['API_TOKEN:secret', 1],
  'a comment of another language': ['// secrets\nAPI_TOKEN=secret', 1],
  'JSON': ['{\n"API_TOKEN": "secret"\n}', 1],
  'a quote that is not closed': ['\n\nAPI_TOKEN="secret\nQUEUE=5', 3],
  'text behind a quote': ["API_TOKEN='secret' QUEUE=5", 1],
  'UTF-16': [Buffer.from('\uFEFFAPI_TOKEN=secret\n', 'utf16le'), 1],
};
for (const [what, [text, line]] of Object.entries(REFUSED)) {
  test(`a line of .dev.vars that is not understood is refused and not repeated: ${what}`, () => {
    assert.throws(() => settings([], folder({ '.dev.vars': text })), ({ message }) => {
      assert.match(message, new RegExp(`^\\.dev\\.vars, line ${line}: `));
      assert.doesNotMatch(message, /secret/);
      return true;
    });
  });
}

test('.env stands in for .dev.vars, as with wrangler, and what is meant for wrangler is left to it', () => {
  const where = folder({ '.env': 'API_TOKEN=first\nCLOUDFLARE_API_TOKEN=x\n', '.env.local': 'API_TOKEN=second\n' });
  const { CLOUDFLARE_API_TOKEN, ...others } = asWrangler(where);
  assert.equal(CLOUDFLARE_API_TOKEN, 'x');
  assert.deepEqual(settings([], where).vars, others);
  assert.equal(others.API_TOKEN, 'second');
  const both = folder({ '.env': 'API_TOKEN=first\n', '.dev.vars': 'QUEUE=5' });
  assert.deepEqual(settings([], both).vars, asWrangler(both));
  assert.throws(() => settings([], folder({ '.env': 'API_TOKEN=${OTHER}' })), /refers to another variable/);
  assert.throws(() => settings([], folder({ '.env.local': 'API_TOKEN' })), /\.env\.local, line 1/);
});

test('a .dev.vars that is there and cannot be read is not taken for none', () => {
  const nowhere = folder({});
  symlinkSync(join(nowhere, 'missing'), join(nowhere, '.dev.vars'));
  const inTheWay = folder({});
  mkdirSync(join(inTheWay, '.dev.vars'));
  const cases = [nowhere, inTheWay];
  if (process.getuid?.() !== 0) {
    cases.push(folder({ '.dev.vars': 'API_TOKEN=x' }));
    chmodSync(join(cases[2], '.dev.vars'), 0);
  }
  for (const where of cases) assert.throws(() => settings([], where), /^Error: \.dev\.vars cannot be read: /);
});

test('options win over secrets, and secrets over wrangler.toml', () => {
  const where = folder({ 'wrangler.toml': 'compatibility_date = "2026-04-01"\n[vars]\nQUEUE = 1\nLANES = 1\nPART_MS = "1"\n', '.dev.vars': 'QUEUE=2\nLANES=2' });
  assert.deepEqual(settings(['QUEUE:3:4'], where).vars, { QUEUE: '3:4', LANES: '2', PART_MS: '1' });
  for (const wrong of ['QUEUE', ':3', '=', 'QU EUE:3']) assert.throws(() => settings([wrong], where), /NAME:VALUE/);
});

test('what this takes for a line is what dotenv takes for one', () => {
  // dotenv does not tell what it skips, so its pattern stands in settings.mjs a second time.
  assert.ok(readFileSync(createRequire(import.meta.url).resolve('dotenv'), 'utf8').includes(`/${LINE.source}/`));
});
