// What clients ask for, and what a right answer is. Each gives a word on what went wrong, or nothing.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { at } from '../../scripts/paths.mjs';
import { sumOfSquares } from '../edge/client.mjs';

const JSON_BODY = { 'content-type': 'application/json' };
const picture = readFileSync(at('tests', 'fixtures', 'pictures', 'baseline.jpg'));
const below = (most) => Math.floor(Math.random() * most);
const expect = (answer, right) => (right ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`);

const events = () => (below(2) ? { accept: 'text/event-stream' } : {});

// Asks for a computation and goes away before it can be done.
function leave(how, number, headers) {
  return async ({ open }) => {
    const socket = await open(`/async-cpu?number=${number}`, headers());
    setTimeout(() => socket[how](), 50 + below(200));
  };
}

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
  // Clients that go away: few reset the connection, most close it, which sends a FIN.
  [2, 'reset', leave('resetAndDestroy', 30_000_000_000, events)],
  [3, 'closed', leave('destroy', 300_000_000, () => ({}))],
  [1, 'closed, long work', leave('destroy', 10_000_000_000, () => ({}))],
  [3, 'closed stream', leave('destroy', 10_000_000_000, () => ({ accept: 'text/event-stream' }))],
  [2, 'closed upload', async ({ open }) => {
    const socket = await open('/thumbnail?width=32', { 'content-type': 'image/jpeg', 'content-length': picture.length }, 'POST');
    socket.write(picture.subarray(0, picture.length / 2));
    setTimeout(() => socket.destroy(), below(300));
  }],
  [2, 'stalled upload', async ({ open }) => {
    const socket = await open('/tasks/sum_of_squares', { ...JSON_BODY, 'content-length': 30, 'x-timeout-ms': 500 }, 'POST');
    socket.write('{"sta');
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
    socket.destroy();
    return expect({ status: '', text: String(chunk) }, String(chunk).startsWith('HTTP/1.1 408'));
  }],
];

const total = KINDS.reduce((sum, [weight]) => sum + weight, 0);

// One of them, as often as its weight says: `[name, ask]`.
export function any() {
  let at = below(total);
  const [, name, ask] = KINDS.find(([weight]) => (at -= weight) < 0);
  return [name, ask];
}
