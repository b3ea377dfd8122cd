// What the runner calls: `bench.measure(peer, figure, ...arguments)`. A pool of two is kept for each peer, idle while others run.
import init from '/pkg/ours.js';

const LANES = 2;
const pools = new Map();
const module = await WebAssembly.compileStreaming(fetch('/pkg/ours_bg.wasm'));
const { memory } = await init({ module_or_path: module });

async function started(peer, lanes = LANES) {
  const { start } = await import(`./peers/${peer}.js`);
  return start(lanes, module);
}

globalThis.bench = {
  async measure(peer, figure, ...args) {
    if (!pools.has(peer)) pools.set(peer, await started(peer));
    return pools.get(peer)[figure](...args);
  },

  // From nothing to the first answer of every lane. The peer's own script is there already.
  async start(peer, lanes) {
    await import(`./peers/${peer}.js`);
    const start = performance.now();
    const pool = await started(peer, lanes);
    const took = performance.now() - start;
    pool.stop();
    return took;
  },

  // The longest time for which the main thread did not come to a timer, while the lanes compute.
  async gap(peer, ...work) {
    let last = performance.now();
    let longest = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 4);
    await this.measure(peer, 'spin', ...work);
    clearInterval(timer);
    return Math.max(longest, performance.now() - last);
  },

  // Bytes that the page and its workers take, with this many lanes more.
  async memoryPerLane(peer, lanes) {
    const total = async () => (await performance.measureUserAgentSpecificMemory()).bytes;
    const before = await total();
    const pool = await started(peer, lanes);
    const after = await total();
    pool.stop();
    return (after - before) / lanes;
  },

  wasmBytes: () => memory.buffer.byteLength,
};
