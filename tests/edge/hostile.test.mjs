// What strangers may send in headers, paths and bodies, and what other sites and the log may learn.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertProblem } from './client.mjs';
import { inBothModes } from './server.mjs';

const TOKEN = 'unmistakable-secret-7f3a';

inBothModes({ vars: { API_TOKEN: TOKEN } }, (server) => {
  const bearer = { authorization: `Bearer ${TOKEN}` };

  test('what a client sends in its address comes back in no header', async () => {
    for (const path of ['/async-cpu?number=%0d%0aX-Evil:%201', '/tasks/%0d%0aX-Evil:%201', '/%0d%0aX-Evil:%201', '/mandelbrot?x=%0d%0aX-Evil:1']) {
      const answer = await server.get(path, bearer);
      assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
      assert.equal(answer.headers['x-evil'], undefined);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
    }
  });

  test('headers that are long, many, doubled or no text are refused or ignored', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-header-${index}`, 'x'.repeat(50)]));
    for (const headers of [{ 'x-long': 'x'.repeat(30_000) }, many, { accept: 'a/b,'.repeat(5_000) }, { 'x-timeout-ms': ['100', '200'] }, { 'x-timeout-ms': '\xff' }, { authorization: `Bearer ${'x'.repeat(20_000)}` }]) {
      const answer = await server.get('/async-cpu?number=5', { ...bearer, ...headers }).catch(({ code }) => ({ status: code }));
      assert.ok([200, 400, 401, 406, 413, 431, 'ECONNRESET', 'EPIPE'].includes(answer.status), `${answer.status} for ${JSON.stringify(headers).slice(0, 80)}`);
    }
    assert.equal((await server.get('/ping')).text, 'pong');
  });

  test('other sites may not read answers, nor ask with a token', async () => {
    const origin = { origin: 'https://elsewhere.example' };
    for (const path of ['/ping', '/stats', '/async-cpu?number=5']) {
      const { headers } = await server.get(path, { ...origin, ...bearer });
      assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith('access-control')), [], path);
    }
    // Without a yes to this a browser does not send the request itself.
    const asked = await server.send({ path: '/tasks/sum_of_squares', method: 'OPTIONS', headers: { ...origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' } });
    assertProblem(asked, 405);
    assert.deepEqual(Object.keys(asked.headers).filter((name) => name.startsWith('access-control')), []);
  });

  test('the token stands in no answer and in no log', async () => {
    const texts = [];
    for (const headers of [bearer, { authorization: `Bearer ${TOKEN}x` }, { authorization: TOKEN }, {}]) {
      for (const path of ['/async-cpu?number=5', `/async-cpu?number=${TOKEN.slice(0, 4)}`, '/stats', '/probe', '/tasks', '/nothing', '/ping']) {
        const { headers: told, text } = await server.get(path, headers);
        texts.push(JSON.stringify(told), text);
      }
    }
    assert.deepEqual([...texts, server.output()].filter((text) => text.includes(TOKEN)), []);
  });

  test('only this user may read the files that hold the token', () => {
    const files = ['gateway.capnp', ...server.state().lanes.map((_, index) => `lane-${index}.capnp`)];
    for (const file of files) assert.equal(statSync(join(server.folder, file)).mode & 0o077, 0, file);
  });
});
