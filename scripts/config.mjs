// The configuration of the workerd processes, as capnp text. Names of bindings are those of wrangler.toml; LANE_n and ROLE are ours.
import { headerRules } from './headers.mjs';
import { at } from './paths.mjs';

export { settings } from './settings.mjs';

// `lanes` are the sockets of lane processes; or lanes are objects in this process, as under `wrangler dev`; or there are none.
export function gatewayConfig({ address, lanes, objects, settings }) {
  const names = lanes.map((_, index) => `LANE_${index}`);
  return config({
    address,
    worker: worker({
      modules: ['gateway.js', 'index.js', 'index_bg.wasm'],
      settings,
      vars: { ...settings.vars, ROLE: 'gateway', ASSETS_HEADERS: headerRules(at('www', '_headers')) },
      bindings: [service('ASSETS_DISK', 'assets'), ...names.map((name) => service(name, name)), ...(objects ? [LANE_OBJECTS] : [])],
      objects,
    }),
    services: [
      `(name = "assets", disk = (path = ${text(at('www'))}))`,
      ...lanes.map((socket, index) => `(name = ${text(names[index])}, external = (address = ${text(socket)}, http = ()))`),
    ],
  });
}

export function laneConfig({ address, index, settings }) {
  // No limit and no secret: whoever takes over a lane by way of a task learns nothing from them.
  const vars = { ROLE: 'lane', LANE_INDEX: String(index) };
  return config({ address, worker: worker({ modules: ['index.js', 'index_bg.wasm'], settings, vars }), services: [] });
}

const LANE_OBJECTS = '(name = "LANE", durableObjectNamespace = "Lane")';
// Cap'n Proto's escapes are those of C, which has no \u.
const text = (value) => JSON.stringify(value).replace(/\\(?:u00(..)|.)/g, (escape, code) => (code ? `\\x${code}` : escape));
export const service = (name, target) => `(name = ${text(name)}, service = ${text(target)})`;

// No worker here has business with any network.
const NO_NETWORK = '(name = "internet", network = (allow = []))';

// The engine collects young objects while everything waits, and behind each of them there is a request, a response or a header of the runtime
// that is freed as well. With the 16 MB that it takes by default, one collection was seen to stop the gateway for 50 ms.
const V8_FLAGS = ['--max-semi-space-size=2'];

export function config({ address, worker, services }) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${V8_FLAGS.map(text).join(', ')}],
  services = [
    (name = "main", worker = ${worker}),
    ${[...services, NO_NETWORK].join(',\n    ')},
  ],
  sockets = [(name = "http", address = ${text(address)}, http = (), service = "main")],
);
`;
}

export function worker({ modules, settings, vars, bindings = [], objects = false }) {
  const kind = (file) => (file.endsWith('.wasm') ? 'wasm' : 'esModule');
  const variables = Object.entries(vars).map(([name, value]) =>
    typeof value === 'string' ? `(name = ${text(name)}, text = ${text(value)})` : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
  );
  return `(
      modules = [${modules.map((file) => `(name = ${text(file)}, ${kind(file)} = embed ${text(file)})`).join(', ')}],
      compatibilityDate = ${text(settings.date)},
      compatibilityFlags = [${settings.flags.map(text).join(', ')}],
      bindings = [
        ${[...variables, ...bindings].join(',\n        ')},
      ],${objects ? '\n      durableObjectNamespaces = [(className = "Lane", uniqueKey = "offloop-lane")],\n      durableObjectStorage = (inMemory = void),' : ''}
    )`;
}
