// What clients ask for, and what a right answer is. Each gives a word on what went wrong, or nothing.
import { readFileSync } from 'node:fs';
import { at } from '../../scripts/paths.mjs';
import { sumOfSquares } from '../edge/client.mjs';

const JSON_BODY = { 'content-type': 'application/json' };
const picture = readFileSync(at('tests', 'fixtures', 'pictures', 'baseline.jpg'));
const below = (most) => Math.floor(Math.random() * most);
const expect = (answer, right) => (right ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`);

const KINDS = [
  [25, 'ping', async ({ get }) => {
    const answer = await get('/ping');
    return expect(answer, answer.text === 'pong');
  }],
  [30, 'async-cpu', async ({ get }) => {
    const number = 30_000 + below(3_000_000);
    const answer = await get(`/async-cpu?number=${number}`);
    return expect(answer, answer.status === 200 && answer.headers['x-result'] === sumOfSquares(number));
  }],
  [5, 'progress', async ({ get }) => {
    const number = 5_000_000 + below(5_000_000);
    const answer = await get(`/async-cpu?number=${number}`, { accept: 'text/event-stream' });
    return expect(answer, answer.status === 200 && answer.text.includes('event: result') && answer.text.includes(sumOfSquares(number)));
  }],
  [10, 'async-io', async ({ get }) => {
    const answer = await get('/async-io?seconds=0.2');
    return expect(answer, answer.text === 'Async IO');
  }],
  [5, 'task', async ({ post }) => {
    const answer = await post('/tasks/count_primes', '1000', JSON_BODY);
    return expect(answer, answer.text === '168');
  }],
  [5, 'thumbnail', async ({ post }) => {
    const answer = await post('/thumbnail?width=32', picture, { 'content-type': 'image/jpeg' });
    return expect(answer, answer.status === 200 && answer.headers['content-type'] === 'image/jpeg');
  }],
  [10, 'bad input', async ({ get, post }) => {
    const wrong = [
      () => get('/async-cpu?number=abc'),
      () => get('/async-cpu?nubmer=5'),
      () => post('/tasks/sum_of_squares', '{"start":0', JSON_BODY),
      () => post('/thumbnail?width=32', picture.subarray(0, 400), { 'content-type': 'image/jpeg' }),
      () => get('/nothing'),
    ];
    const answer = await wrong[below(wrong.length)]();
    return expect(answer, [400, 404, 422].includes(answer.status) && JSON.parse(answer.text).title);
  }],
  [5, 'a deadline', async ({ get }) => {
    const answer = await get('/async-cpu?number=900000000000', { 'x-timeout-ms': '150' });
    return expect(answer, answer.status === 504);
  }],
  [5, 'gone', async ({ open }) => {
    const socket = await open('/async-cpu?number=30000000000', below(2) ? { accept: 'text/event-stream' } : {});
    setTimeout(() => socket.resetAndDestroy(), 100 + below(200));
  }],
];

const total = KINDS.reduce((sum, [weight]) => sum + weight, 0);

// One of them, as often as its weight says: `[name, ask]`.
export function any() {
  let at = below(total);
  const [, name, ask] = KINDS.find(([weight]) => (at -= weight) < 0);
  return [name, ask];
}
