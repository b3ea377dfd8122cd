// Streams of events as a browser reads them: an `EventSource` connects again whenever its stream ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../browser/site.mjs';
import { sumOfSquares, until } from './client.mjs';
import { inSeveralProcesses } from './server.mjs';

// Longer than Chromium waits before it connects again.
const RECONNECT_MS = 5_000;

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// A page of the function's own origin, in which each event of a stream is kept by name.
async function listen(server, path) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.port}/ping`);
  await page.evaluate((path) => {
    globalThis.seen = [];
    globalThis.source = new EventSource(path);
    for (const name of ['open', 'progress', 'result', 'problem', 'message', 'error']) {
      source.addEventListener(name, ({ data, lastEventId }) => seen.push({ name, data: data && JSON.parse(data), id: lastEventId, state: source.readyState }));
    }
  }, path);
  const named = (wanted) => page.evaluate((wanted) => seen.filter(({ name }) => name === wanted), wanted);
  const closed = () => until(60_000, 'the EventSource is closed', async () => ((await page.evaluate(() => source.readyState)) === 2 ? true : null));
  return { page, named, closed };
}

inSeveralProcesses({}, (server) => {
  test('an EventSource gets its result once, and does not ask for it again', async () => {
    const number = 20_000_000;
    const { page, named, closed } = await listen(server, `/async-cpu?number=${number}`);
    await closed();
    const [result, ...more] = await named('result');
    assert.deepEqual([result.data.result, more.length], [sumOfSquares(number), 0]);
    assert.equal((await named('open')).length, 1);
    // Only the browser's own, for the connection that ended.
    assert.ok((await named('error')).every(({ data }) => data === undefined));
    const { submitted } = await server.idle();
    await sleep(RECONNECT_MS);
    assert.equal((await server.stats()).submitted, submitted, 'nothing is computed again');
    await page.close();
  });

  test('an EventSource whose stream broke off begins anew', async () => {
    const number = 3_000_000_000;
    const { page, named, closed } = await listen(server, `/async-cpu?number=${number}`);
    await until(10_000, 'progress', async () => ((await named('progress')).length > 2 ? true : null));
    process.kill(server.state().gateway, 'SIGKILL');
    await closed();
    assert.deepEqual((await named('result')).map(({ data }) => data.result), [sumOfSquares(number)]);
    assert.equal((await named('progress')).filter(({ data }) => data.done === 0).length, 2);
    await page.close();
  });

  for (const [what, leave] of [
    ['aborts its fetch', (page) => page.evaluate(() => controller.abort())],
    ['closes its page', (page) => page.close()],
  ]) {
    test(`a browser that ${what} stops its jobs`, async () => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.port}/ping`);
      await page.evaluate(async () => {
        globalThis.controller = new AbortController();
        const { body } = await fetch('/async-cpu?number=1000000000000', { headers: { accept: 'text/event-stream' }, signal: controller.signal });
        await body.getReader().read();
      });
      await server.busy();
      await leave(page);
      await server.idle(5_000);
      if (!page.isClosed()) await page.close();
    });
  }
});

inSeveralProcesses({ vars: { TIMEOUT_MS: '1000' } }, (server) => {
  test('an EventSource learns that its time is over, once, and does not try again', async () => {
    const { page, named, closed } = await listen(server, '/async-cpu?number=1000000000000');
    await closed();
    assert.deepEqual((await named('problem')).map(({ data }) => data.kind), ['timed_out']);
    assert.equal((await named('open')).length, 1);
    await page.close();
  });
});
