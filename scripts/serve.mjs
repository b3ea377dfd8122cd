// `npm start`: installs, builds, and serves with a gateway process and one lane process per core, until it is told to stop.
import { accessSync, constants } from 'node:fs';
import { build } from './build.mjs';
import { openFiles, room } from './files.mjs';
import { install } from './install.mjs';
import { Instance } from './instance.mjs';
import { onInterrupt } from './interrupt.mjs';
import { HELP, read } from './options.mjs';
import { at } from './paths.mjs';
import { freePort } from './probe.mjs';
import { main, say, Stop } from './shell.mjs';

await main(async (args) => {
  const options = read(args);
  if (options.help) return console.log(HELP);
  if (process.platform === 'win32') throw new Stop('npm start needs Linux, macOS or WSL; on Windows use npx wrangler dev');
  const since = Date.now();
  const port = await freePort(options.port);
  say(room(openFiles(), options.lanes));

  // What can be found wanting is, before minutes go into a build.
  const instance = new Instance({ ...options, port, folder: options.folder ?? at('.run', String(port)) });
  onInterrupt((signal) => instance.end(signal));
  try {
    await install();
    // Here, because its dependencies are only installed by now.
    const { settings } = await import('./settings.mjs');
    if (options.vars.some((pair) => pair.startsWith('API_TOKEN:'))) say('everybody who can list processes sees --var API_TOKEN:…; .dev.vars is the place for it');
    const current = settings(options.vars);
    // What has computed for as long costs one lane, not the next as well.
    current.vars.ATTEMPT_MAX_MS ??= String(options.cpuSeconds * 1_000);
    const workerd = workerdProgram();
    // The copy is made while nobody else builds: a build made later must not mix with this one when a process is started again.
    await build({ features: options.features, then: () => instance.copy() });
    await freePort(port);
    await instance.start(workerd, current);
  } catch (error) {
    await instance.end();
    throw error;
  }
  const what = options.lanes ? `${options.lanes} lane process${options.lanes > 1 ? 'es' : ''}` : 'one process';
  say(`${what}, started in ${Date.now() - since} ms`);
  console.log(`Ready on ${instance.url}`);
  // Until it is interrupted.
  await new Promise(() => {});
});

// npm's own link starts a node process that stays in between; signals must reach workerd itself.
function workerdProgram() {
  const machine = { x64: '64', arm64: 'arm64' }[process.arch];
  const program = at('node_modules', '@cloudflare', `workerd-${process.platform}-${machine}`, 'bin', 'workerd');
  try {
    accessSync(program, constants.X_OK);
  } catch ({ code }) {
    const why = code === 'ENOENT' ? 'is missing' : `cannot be run (${code})`;
    throw new Stop(`${program} ${why}. Remove node_modules and try again; workerd has builds for Linux and macOS on x64 and arm64.`);
  }
  return program;
}
