// The command line of `npm start`, and the variables of its environment.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stop } from './shell.mjs';
import { CPU_SECONDS } from './watch.mjs';

export const HELP = `npm start -- [options]
  --lanes N         lane processes (default: one per core; or the variable LANES); with 0 the gateway computes by itself
  --cpu-limit N     seconds of processor time that a lane process may compute without a pause before it is ended (default: 30)
  --one-process     gateway and lanes in one process, as in wrangler dev
  --port N          (default: the variable PORT, or 8787; 0 picks a free one)
  --var NAME:VALUE  overrides a variable of wrangler.toml; may be repeated. Secrets belong into .dev.vars
  --run-dir DIR     where process ids and configuration go, of one instance at a time (default: .run/PORT)
  --features a,b    further cargo features, for tests
  --inspect         a debugger's port for each process, on the loopback address; for tests: whoever connects may run anything`;

const string = { type: 'string' };
const boolean = { type: 'boolean' };
const OPTIONS = {
  lanes: string, port: string, 'cpu-limit': string, features: string, 'run-dir': string, 'one-process': boolean, inspect: boolean,
  var: { ...string, multiple: true }, help: { ...boolean, short: 'h' },
};

export function read(args, env = process.env) {
  for (const name of Object.keys(OPTIONS)) {
    // npm takes options before the `--` for its own, and would start without a token that stands there.
    if (env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined) throw new Stop(`npm has kept --${name} for itself. Write -- before the options: npm start -- --${name} …`);
  }
  const values = parse(args);
  const features = values.features?.split(',') ?? [];
  if (!features.every((name) => /^[\w-]+$/.test(name))) throw new Stop('--features must be names with commas in between');
  if (values['run-dir'] === '') throw new Stop('--run-dir must be a folder');
  return {
    help: values.help,
    lanes: values['one-process'] ? 0 : count('lanes', values.lanes, env.LANES, availableParallelism(), 0, 512),
    objects: values['one-process'] ?? false,
    cpuSeconds: count('cpu-limit', values['cpu-limit'], '', CPU_SECONDS, 1, 86_400),
    port: count('port', values.port, env.PORT, 8787, 0, 65_535),
    features,
    vars: values.var ?? [],
    inspect: values.inspect ?? false,
    folder: values['run-dir'] && resolve(values['run-dir']),
  };
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch ({ message }) {
    throw new Stop(`${message.split('. ')[0]}. The options are: npm start -- --help`);
  }
}

// The option, or the variable of the environment, in which an empty text means that it is not set.
function count(name, option, variable, preset, least, most) {
  const text = option ?? (variable || String(preset));
  if (!/^\d{1,6}$/.test(text) || Number(text) < least || Number(text) > most) {
    const where = option === undefined ? name.toUpperCase() : `--${name}`;
    throw new Stop(`${where} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}
