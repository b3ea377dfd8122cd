// The service worker's way to pass a request on to an open page, and the page's answer back. The page's end is work/answer.js.

/** How long a page may take to say that it will answer. One that is of another build, or hangs, says nothing. */
const PATIENCE_MS = 1000;

/** The page's answer to the request in `message`; null if the page does not take it. */
export function pass(client, message, signal) {
  const { port1: port, port2 } = new MessageChannel();
  const over = new AbortController();
  return new Promise((resolve, reject) => {
    let body;
    const end = () => {
      clearTimeout(silence);
      over.abort();
      port.close();
    };
    const callOff = () => {
      port.postMessage(null);
      end();
    };
    const fail = (error) => {
      end();
      reject(error);
      body.error(error);
    };
    const stream = new ReadableStream({ start: (controller) => { body = controller; }, cancel: callOff });
    const silence = setTimeout(() => {
      callOff();
      resolve(null);
    }, PATIENCE_MS);
    signal.addEventListener('abort', () => {
      port.postMessage(null);
      fail(signal.reason);
    }, { signal: over.signal });
    port.onmessage = ({ data: { page, status, headers, chunk, error } }) => {
      if (page) {
        clearTimeout(silence);
        // Held by the page for as long as it lives.
        const gone = () => fail(new Error('the page that computed it was closed, send it again'));
        navigator.locks.request(page, { signal: over.signal }, gone).catch(() => {});
      } else if (status) {
        resolve(new Response([204, 304].includes(status) ? null : stream, { status, headers }));
      } else if (chunk) {
        body.enqueue(chunk);
      } else if (error) {
        fail(new Error(error));
      } else {
        end();
        body.close();
      }
    };
    client.postMessage(message, [port2]);
  });
}
