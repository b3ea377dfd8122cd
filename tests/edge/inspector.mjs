// What a workerd process really holds: asked over its debugger's port, after a full collection. Resident memory says little about that, since the
// engine collects late and keeps what it has once had.
const PATIENCE_MS = 20_000;

/** `{ heap, wasm, kinds }`: bytes of live objects, bytes of wasm memory, and how many objects there are of each kind. */
export async function live(port) {
  const [{ webSocketDebuggerUrl }] = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const socket = new WebSocket(webSocketDebuggerUrl);
  try {
    const chunks = [];
    const start = (ask) => {
      // While there is a debugger the engine keeps the last thousand errors for it: what clients that go away leave behind in a lane.
      ask('Runtime.discardConsoleEntries');
      // `HeapProfiler.collectGarbage` is never answered here. A snapshot collects first, too.
      return ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    };
    await answers(socket, start, ({ method, params }) => {
      if (method === 'HeapProfiler.addHeapSnapshotChunk') chunks.push(params.chunk);
    });
    return count(JSON.parse(chunks.join('')));
  } finally {
    socket.close();
  }
}

/** Settles when what `start` asked for last, by the number that it gives, is answered. */
function answers(socket, start, heard) {
  let asked = 0;
  const ask = (method, params) => {
    asked += 1;
    socket.send(JSON.stringify({ id: asked, method, params }));
    return asked;
  };
  return new Promise((resolve, reject) => {
    let last;
    const late = setTimeout(() => reject(new Error('the debugger does not answer')), PATIENCE_MS);
    socket.onopen = () => (last = start(ask));
    socket.onerror = ({ message }) => reject(new Error(`the debugger is not there: ${message}`));
    socket.onclose = () => reject(new Error('the debugger has gone'));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.id === last) {
        clearTimeout(late);
        resolve(message);
      } else heard(message);
    };
  });
}

/** Adds a snapshot up. Its format: <https://learn.microsoft.com/microsoft-edge/devtools/memory-problems/heap-snapshot-schema>. */
export function count({ snapshot: { meta }, nodes, strings }) {
  const width = meta.node_fields.length;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => meta.node_fields.indexOf(field));
  const types = meta.node_types[type];
  const kinds = {};
  let [heap, wasm] = [0, 0];
  for (let at = 0; at < nodes.length; at += width) {
    const [kind, what, bytes] = [types[nodes[at + type]], strings[nodes[at + name]], nodes[at + size]];
    if (what === 'system / JSArrayBufferData') wasm += bytes;
    else heap += bytes;
    const key = kind === 'object' || kind === 'native' ? what : kind;
    kinds[key] = (kinds[key] ?? 0) + 1;
  }
  return { heap, wasm, kinds };
}
