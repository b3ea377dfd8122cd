// Whose request it is in which last words are said: only there may the response be touched. Once V8's compiler had made the code of an answer, it
// was that of whoever had ended the instance, and the answer never came. The library's and the function's JavaScript by themselves, on plain workerd.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { at } from '../../scripts/paths.mjs';
import { settings } from '../../scripts/config.mjs';
import { workerd } from '../conformance-edge/serve.mjs';
import { send, until } from './client.mjs';

// Enough for the compiler: it was seen to take between 10,000 and 100,000.
const OFTEN = 300_000;

// Who is not told in time is told by the end of this.
const HELD_MS = 20_000;

const WORKER = `
import { Answer } from "edge.js";
import { Streamed } from "convert.js";

const OFTEN = ${OFTEN};
const HELD_MS = ${HELD_MS};
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
let held;

// Says the last words of what another request holds.
async function end() {
  while (!held) await sleep(1);
  held();
  held = undefined;
  return new Response("ended");
}

export class Lane {
  async fetch(request) {
    if (request.url.endsWith("end")) return end();
    for (let n = 0; n < OFTEN; n++) new Answer().forget();
    const answer = new Answer();
    held = () => answer.leave();
    // What only waits for another request is ended by the runtime.
    setTimeout(() => {}, HELD_MS);
    return answer.promise;
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/end") return end();
    if (pathname === "/streamed") {
      const nothing = { waitUntil() {} };
      for (let n = 0; n < OFTEN / 10; n++) new Streamed(200, "", nothing).end();
      const streamed = new Streamed(200, "", context);
      streamed.write(new TextEncoder().encode("begun"));
      held = () => streamed.lose();
      setTimeout(() => {}, HELD_MS);
      return streamed.response;
    }
    if (pathname !== "/lanes") return new Response(null, { status: 404 });
    const lane = (name) => env.LANE.get(env.LANE.idFromName(name));
    const first = lane("first").fetch("http://lane/wait").then((response) => response.text(), String);
    await lane("second").fetch("http://lane/end");
    return new Response(await first);
  },
};
`;

let folder;
let child;
let get;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offloop-marked-'));
  writeFileSync(join(folder, 'worker.js'), WORKER);
  for (const name of ['edge.js', 'flight.js', 'turn.js']) copyFileSync(at('crates', 'offloop', 'js', name), join(folder, name));
  copyFileSync(at('src', 'edge', 'convert.js'), join(folder, 'convert.js'));
  const { date, flags } = settings();
  const modules = ['worker.js', 'edge.js', 'flight.js', 'turn.js', 'convert.js'].map((name) => `(name = "${name}", esModule = embed "${name}")`);
  const socket = join(folder, 'socket');
  writeFileSync(join(folder, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [${modules.join(', ')}],
    compatibilityDate = "${date}", compatibilityFlags = ${JSON.stringify(flags)},
    bindings = [(name = "LANE", durableObjectNamespace = "Lane")],
    durableObjectNamespaces = [(className = "Lane", uniqueKey = "marked")], durableObjectStorage = (inMemory = void),
  ))],
  sockets = [(name = "http", address = "unix:${socket}", http = (), service = "main")],
);
`);
  child = spawn(workerd(), ['serve', join(folder, 'config.capnp')], { stdio: 'ignore' });
  get = (path) => send({ socketPath: socket, agent: false, path });
  await until(30_000, 'workerd listens', () => new Promise((resolve) => get('/none').then(() => resolve(true), () => resolve(null))));
});

after(async () => {
  await new Promise((resolve) => child.once('close', resolve).kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});

test('a lane that another one ends answers its caller, however often it has answered before', async () => {
  for (let round = 0; round < 3; round++) {
    const { status, text } = await get('/lanes');
    assert.equal(status, 200);
    assert.match(text, /^the instance trapped/);
  }
});

test('an answer that streams is over when another request ends its instance, however many have streamed before', async () => {
  for (let round = 0; round < 3; round++) {
    const streamed = get('/streamed');
    assert.equal((await get('/end')).status, 200);
    // Not counted is what comes before it has begun: on a busy machine that took 12 seconds.
    const ended = Date.now();
    await streamed;
    const ms = Date.now() - ended;
    assert.ok(ms < HELD_MS / 2, `after ${ms} ms`);
  }
});
