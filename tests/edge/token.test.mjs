// With a token set, computing needs it; without it nobody learns anything but that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from './client.mjs';
import { inBothModes } from './server.mjs';

const TOKEN = 'a-long:and.secret_token';

inBothModes({ vars: { API_TOKEN: TOKEN } }, (server) => {
  const bearer = (token) => ({ authorization: `Bearer ${token}` });

  test('computing routes refuse those who do not have it', async () => {
    for (const headers of [{}, bearer(''), bearer('wrong'), bearer(`${TOKEN}x`), bearer(TOKEN.slice(1)), { authorization: TOKEN }, { authorization: `Basic ${TOKEN}` }]) {
      for (const path of ['/async-cpu', '/async-cpu?number=abc', '/probe']) {
        const answer = await server.get(path, headers);
        assertProblem(answer, 401, 'unauthorized');
        assert.match(answer.headers['www-authenticate'], /^Bearer/);
        assert.ok(!answer.text.includes(TOKEN));
      }
      assertProblem(await server.post('/tasks/sum_of_squares', '{"start":0,"end":1}', { 'content-type': 'application/json', ...headers }), 401);
    }
    assert.equal((await server.stats()).submitted, 0);
  });

  test('they serve those who have it', async () => {
    assert.equal((await server.get('/async-cpu?number=10000', bearer(TOKEN))).headers['x-result'], '333283335000');
    assertProblem(await server.get('/async-cpu?number=abc', bearer(TOKEN)), 400);
  });

  test('what does not compute is open', async () => {
    for (const path of ['/ping', '/async-io?seconds=0', '/stats']) assert.equal((await server.get(path)).status, 200, path);
  });
});
