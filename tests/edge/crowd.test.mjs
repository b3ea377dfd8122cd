// Crowds: waiting costs nothing, and beyond the queue the answer is 503, at once and honestly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAddsUp, assertProblem, sumOfSquares } from './client.mjs';
import { inBothModes } from './server.mjs';

const times = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index)));

inBothModes({ vars: { QUEUE: '64' } }, (server) => {
  test('2,000 wait at the same time', async () => {
    const answers = await times(2_000, () => server.get('/async-io?seconds=1'));
    assert.ok(answers.every(({ status, text }) => status === 200 && text === 'Async IO'));
    const ms = answers.map((answer) => answer.ms).sort((a, b) => a - b);
    // One after the other they would take half an hour.
    assert.ok(ms[0] >= 998 && ms.at(-1) < 20_000, `${ms[0]} to ${ms.at(-1)} ms`);
  });

  test('a burst of 500 beyond the queue is answered with right sums or 503, and none is lost', async () => {
    const before = await server.idle();
    const number = 3_000_000;
    const answers = await times(500, (index) => server.get(`/async-cpu?number=${number + index}`));
    let served = 0;
    answers.forEach((answer, index) => {
      if (answer.status === 200) {
        served += 1;
        assert.equal(answer.headers['x-result'], sumOfSquares(number + index));
      } else {
        assertProblem(answer, 503, 'full');
        assert.ok(Number(answer.headers['retry-after']) >= 1);
      }
    });
    // The queue counts parts of computations, a few for each request.
    assert.ok(served >= 8, `${served} of 500 were served, with room for 64 parts`);
    assert.ok(served < 500, 'this was to be more than the queue takes');
    const stats = await server.idle();
    assertAddsUp(stats);
    assert.ok(stats.finished - before.finished >= served, JSON.stringify(stats));
    assert.equal((await server.get(`/async-cpu?number=${number}`)).headers['x-result'], sumOfSquares(number));
  });

  test('a crowd at work does not keep others from a short answer', async () => {
    const work = times(8, () => server.get('/async-cpu?number=200000000'));
    await server.busy();
    const pings = [];
    for (let count = 0; count < 20; count += 1) pings.push((await server.get('/ping')).ms);
    pings.sort((a, b) => a - b);
    // In one process a ping waits for the parts ahead of it, in several for none.
    assert.ok(pings[10] < (server.several ? 200 : 3_000), `a ping took ${pings[10]} ms`);
    assert.ok((await work).every(({ status, headers }) => status === 200 && headers['x-result'] === sumOfSquares(200_000_000)));
  });
});
