// A request that the service worker passed on (see pass.js), answered through the port that came with it.

/** Posts status and headers, the body piece by piece, and that it is over. Any message from the other side calls it off. */
export async function answer(pool, { method, path, headers, body }, port) {
  const gone = new AbortController();
  port.onmessage = () => gone.abort();
  const answered = await pool.answer(method, path, headers, body, gone.signal);
  port.postMessage({ status: answered.status(), headers: answered.headers() });
  for (let chunk = await answered.next(); chunk; chunk = await answered.next()) port.postMessage({ chunk }, [chunk.buffer]);
  port.postMessage({ over: true });
  answered.free();
}
