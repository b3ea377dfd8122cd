// `npm start` in clones of their own: what it says when it cannot start, and that instances leave each other alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inClone, read, until } from './testing/clone.mjs';

const ask = async (url, path) => (await fetch(`${url}${path}`)).json();
const instances = (clone) => readdirSync(clone.at('.run')).filter((name) => /^\d+$/.test(name)).map((name) => clone.at('.run', name, 'state.json')).filter((file) => existsSync(file)).map(read);

const FAILURES = {
  'a number that is none': [['--lanes', 'x'], /--lanes must be a whole number from 0 to 512, not "x"/],
  'an empty number': [['--port', ''], /--port must be a whole number/],
  'a number with an exponent': [['--port', '1e3'], /--port must be a whole number/],
  'a port out of range': [['--port', '65536'], /from 0 to 65535/],
  'an unknown option': [['--lane', '2'], /Unknown option '--lane'. The options are: npm start -- --help/],
  'a word that is no option': [['8080'], /Unexpected argument '8080'/],
  'a variable without a value': [['--var', 'NUMBER_MAX'], /--var NAME:VALUE/],
  'a run folder without a name': [['--run-dir', ''], /--run-dir must be a folder/],
  'features that are no names': [['--features', '../x'], /--features must be names/],
  'a run folder that is a file': [['--run-dir', '/dev/null'], /\/dev\/null/],
};
for (const [what, [args, sentence]] of Object.entries(FAILURES)) inClone(`${what} is refused in a sentence`, (clone) => clone.run(args).fails(sentence));

for (const [name, value] of Object.entries({ PORT: 'abc', LANES: '-1' })) {
  inClone(`a wrong ${name} in the environment is named`, (clone) => clone.run([], { env: { [name]: value } }).fails(new RegExp(`${name} must be a whole number`)));
}

inClone('options that npm has kept for itself are not lost in silence', async (clone) => {
  await clone.run([], { env: { npm_config_var: 'API_TOKEN:secret' } }).fails(/npm start -- --var/);
});

inClone('empty variables of the environment mean the default', async (clone) => {
  // The default port may be in use on the machine of this test.
  const start = clone.run([], { env: { PORT: '', LANES: '' } });
  await Promise.race([start.says('Ready on http://127.0.0.1:8787').catch(() => {}), start.code]);
  assert.match(start.output, /Ready on http:\/\/127.0.0.1:8787|port 8787 is in use/);
  await start.stop();
});

inClone('a port that is in use, and one that needs privileges, are told at once', async (clone) => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await clone.run(['--port', String(server.address().port)]).fails(/is in use. Stop what listens there/);
  server.close();
});

inClone('a variable that the function refuses ends the start with the function\'s own words', async (clone) => {
  const start = clone.run(['--var', 'NUMBER_MAX:abc']);
  await start.fails(/NUMBER_MAX is wrong. Correct it in .dev.vars, in wrangler.toml or where --var says it/);
});

inClone('wrangler.toml that is missing or broken is told before anything is built', async (clone) => {
  rmSync(clone.at('build'), { recursive: true });
  clone.write('wrangler.toml', 'name = "x"\nvars = [\n');
  await clone.run([]).fails(/wrangler.toml cannot be read: .*\(line \d\)/);
  clone.write('wrangler.toml', 'name = "x"\n');
  await clone.run([]).fails(/compatibility_date/);
  rmSync(clone.at('wrangler.toml'));
  await clone.run([]).fails(/there is no wrangler.toml/);
});

inClone('a line of .dev.vars that is not understood ends the start, and is not repeated', async (clone) => {
  rmSync(clone.at('build'), { recursive: true });
  clone.write('.dev.vars', '# secrets\nAPI_TOKEN hush\n');
  const start = clone.run([]);
  await start.fails(/\.dev\.vars, line 2: this is not understood/);
  assert.doesNotMatch(start.output, /hush/);
});

inClone('a TMPDIR that is too long for sockets is no obstacle, nor is one that is missing', async (clone) => {
  const long = clone.at('x'.repeat(120));
  mkdirSync(long);
  const start = clone.run([], { env: { TMPDIR: long } });
  await start.url();
  await start.stop();
  assert.deepEqual(readdirSync(long), []);
  const other = clone.run([], { env: { TMPDIR: '/nowhere' } });
  await other.url();
  await other.stop();
});

inClone('missing programs are named', async (clone) => {
  const path = (...names) => {
    const folder = clone.at('path');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const name of ['sh', 'rm', ...names]) symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(folder, name));
    return { PATH: folder };
  };
  await clone.run([], { env: path('flock') }).fails(/cargo is not on the PATH, or does not start. Install Rust with rustup/);
  await clone.run([], { env: path() }).fails(/Install util-linux/);
  const env = path('flock');
  for (const name of ['cargo', 'rustc']) {
    clone.program(name, 'echo "rustc 1.95.0"');
    symlinkSync(clone.at('bin', name), join(env.PATH, name));
  }
  unlinkSync(clone.at('node_modules'));
  await clone.run([], { env }).fails(/npm is not on the PATH. Install it/);
});

inClone('npm that cannot install is told with what npm said', async (clone) => {
  unlinkSync(clone.at('node_modules'));
  clone.program('npm', 'echo "npm error network ECONNREFUSED" >&2; exit 1');
  await clone.run([]).fails(/ECONNREFUSED[^]*npm ci[^]*failed/);
});

inClone('a build that fails ends the start with the compiler\'s words', async (clone) => {
  clone.write('build/build-id.txt', 'another');
  clone.program('cargo', 'case $1 in --version) echo cargo 1.95.0;; *) echo "error: no such crate" >&2; exit 101;; esac');
  await clone.run([]).fails(/no such crate[^]*cargo build .* failed with exit code 101/);
});

inClone('a runtime that is missing, cannot be run or ends at once is told', async (clone) => {
  const own = clone.at('node_modules');
  unlinkSync(own);
  const modules = new URL('../node_modules/', import.meta.url).pathname;
  mkdirSync(own);
  for (const name of readdirSync(modules)) if (name !== '@cloudflare') symlinkSync(join(modules, name), join(own, name), 'junction');
  await clone.run([]).fails(/workerd is missing. Remove node_modules/);
  const machine = { x64: '64', arm64: 'arm64' }[process.arch];
  const program = `node_modules/@cloudflare/workerd-${process.platform}-${machine}/bin/workerd`;
  clone.write(program, '#!/bin/sh\necho "GLIBC_2.99 not found" >&2\nexit 1\n');
  await clone.run([]).fails(/workerd cannot be run \(EACCES\)/);
  chmodSync(clone.at(program), 0o755);
  await clone.run([]).fails(/ended before it was ready \(exit code 1\): GLIBC_2.99 not found/);
});

inClone('packages that have gone are told', async (clone) => {
  unlinkSync(clone.at('node_modules'));
  clone.write('node_modules/.offloop-lock', readFileSync(new URL('../node_modules/.offloop-lock', import.meta.url), 'utf8'));
  await clone.run([]).fails(/Cannot find package .* Remove node_modules and try again/);
});

inClone('an old Node.js is told which one is needed', async (clone) => {
  clone.write('scripts/versions.mjs', readFileSync(clone.at('scripts', 'versions.mjs'), 'utf8').replace('[20, 10]', '[99, 0]'));
  await clone.run([]).fails(/node 99.0 or newer is needed/);
  await clone.run([], { script: 'deploy.mjs' }).fails(/node 99.0 or newer is needed/);
});

// Mounts need privileges, which a namespace of one's own gives where it is allowed.
const UNSHARE = ['unshare', '--mount', '--map-root-user'];
const canMount = () => {
  try {
    execFileSync(UNSHARE[0], [...UNSHARE.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

if (canMount()) {
  const mounted = (clone, script) => [...UNSHARE, 'sh', '-c', `${script}; exec "$@"`, clone.folder];

  inClone('a tree that cannot be written to is told', async (clone) => {
    await clone.run([], { before: mounted(clone, 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"') }).fails(/read-only file system. Use a copy/);
  });

  inClone('a full disk is told, at the start and for the run folder', async (clone) => {
    mkdirSync(clone.at('.run'));
    const fill = 'mount -t tmpfs -o size=64k none "$0/.run"';
    await clone.run([], { before: mounted(clone, `${fill}; head -c 1000000 /dev/zero > "$0/.run/fill" 2> /dev/null`) }).fails(/no space left on device. Free some space/);
    await clone.run([], { before: mounted(clone, 'mount -t tmpfs -o size=4k,nr_inodes=3 none "$0/.run"') }).fails(/no space left on device/);
  });

  inClone('a disk that is full by now does not end an instance that runs', async (clone) => {
    mkdirSync(clone.at('.run'));
    const fill = 'until test -e "$0/ready"; do sleep 0.1; done; head -c 9000000 /dev/zero > "$0/.run/fill" 2> /dev/null; touch "$0/full"';
    const start = clone.run([], { before: mounted(clone, `mount -t tmpfs -o size=400k none "$0/.run"; { (${fill}) > /dev/null 2>&1 & }`) });
    const url = await start.url();
    clone.write('ready', '');
    await until('a full disk', () => existsSync(clone.at('full')));
    const [lane] = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n').filter((line) => line.includes(clone.folder) && line.includes('lane-0.capnp'));
    process.kill(parseInt(lane, 10), 'SIGKILL');
    await start.says('state.json is out of date');
    await until('the lane again', () => start.output.includes('starting it again'));
    assert.equal(await (await fetch(`${url}/ping`)).text(), 'pong');
    assert.equal(await start.stop(), 0);
  });

  inClone('a home that cannot be written to is told with its path', async (clone) => {
    const home = clone.at('home');
    mkdirSync(home);
    const env = { HOME: home, OFFLOOP_TOOLS: '', CARGO_HOME: clone.at('cargo') };
    clone.program('cargo', 'echo cargo 1.95.0');
    clone.program('rustc', 'case $1 in --version) echo rustc 1.95.0;; *) echo "$0";; esac');
    clone.stamp();
    await clone.run([], { before: mounted(clone, `mount -t tmpfs -o ro none "${home}"`), env }).fails(/home\/.cache.*read-only/);
  });
}

inClone('a start without a reader of its output ends, and leaves nothing', async (clone) => {
  const start = clone.run([]);
  start.child.stdout.destroy();
  start.child.stderr.destroy();
  await start.code;
});

inClone('two instances of one clone live side by side, each with its own variables, processes and state', async (clone) => {
  clone.write('.dev.vars', 'API_TOKEN = "first"\n');
  const first = clone.run(['--lanes', '1']);
  await first.url();
  clone.write('.dev.vars', 'API_TOKEN=second');
  const second = clone.run(['--lanes', '2', '--var', 'QUEUE:7']);
  await second.url();
  assert.equal(instances(clone).length, 2);
  for (const { gateway, lanes } of instances(clone)) for (const pid of [gateway, ...lanes.map((lane) => lane.pid)]) process.kill(pid, 'SIGKILL');
  const answers = async (start) => {
    for (;;) {
      const found = await ask(await start.url(), '/variables').catch(() => null);
      if (found) return found;
      await sleep(20);
    }
  };
  assert.deepEqual(await answers(first), { ROLE: 'gateway', API_TOKEN: 'first', ATTEMPT_MAX_MS: '30000' });
  assert.deepEqual(await answers(second), { ROLE: 'gateway', API_TOKEN: 'second', QUEUE: '7', ATTEMPT_MAX_MS: '30000' });
  assert.equal(await second.stop(), 0);
  const [left] = instances(clone);
  assert.equal(left.url, await first.url());
  assert.equal((await answers(first)).API_TOKEN, 'first');
  assert.equal(await first.stop(), 0);
  assert.deepEqual(instances(clone), []);
});

inClone('a second instance in the same folder is refused, and harms the first in nothing', async (clone) => {
  const folder = clone.at('own');
  const first = clone.run(['--run-dir', folder]);
  await first.url();
  const before = readFileSync(join(folder, 'state.json'), 'utf8');
  await clone.run(['--run-dir', folder]).fails(new RegExp(`own is in use by another npm start \\(process ${first.child.pid}\\). Stop that one`));
  assert.equal(readFileSync(join(folder, 'state.json'), 'utf8'), before);
  await first.stop('SIGKILL');
  await until('the end of its processes', () => clone.processes().length === 0);
  // A lock does not outlive its owner.
  const next = clone.run(['--run-dir', folder]);
  await next.url();
  await next.stop();
  assert.deepEqual(readdirSync(folder), []);
});

inClone('a build made meanwhile does not reach an instance that runs', async (clone) => {
  const start = clone.run(['--run-dir', clone.at('own')]);
  const url = await start.url();
  clone.write('build/index.js', 'export default { fetch: () => Response.json("another build") };');
  process.kill(read(clone.at('own', 'state.json')).gateway, 'SIGKILL');
  await until('a new gateway', () => start.output.includes('starting it again'));
  let text;
  while (!text) text = await fetch(`${url}/ping`).then((answer) => answer.text(), () => null);
  assert.equal(text, 'pong');
  await start.stop();
});

inClone('lanes get no secret, and no other user can read what holds one', async (clone) => {
  clone.write('.dev.vars', 'export API_TOKEN=hush\n');
  const start = clone.run(['--run-dir', clone.at('own')]);
  const url = await start.url();
  assert.deepEqual(await ask(url, '/variables'), { ROLE: 'gateway', API_TOKEN: 'hush', ATTEMPT_MAX_MS: '30000' });
  assert.deepEqual(await ask(url, '/lane/0'), { ROLE: 'lane', LANE_INDEX: '0' });
  const holding = readdirSync(clone.at('own')).filter((name) => readFileSync(clone.at('own', name), 'utf8').includes('hush'));
  assert.deepEqual(holding, ['gateway.capnp']);
  assert.doesNotMatch(execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }), /hush/);
  assert.doesNotMatch(start.output, /hush/);
  await start.stop();
});
