// What one would write by hand, and so about the limit: a gateway that answers small sums itself and gives larger ones to a lane by turns.
import { sum } from './lane.js';

let next = 0;

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case '/ping':
        return new Response('pong');
      case '/async-io':
        await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get('seconds') ?? 1) * 1_000));
        return new Response('Async IO');
      case '/async-cpu': {
        const number = Number(searchParams.get('number') ?? 10_000);
        if (!(number >= 0)) return new Response('number must be 0 or more', { status: 400 });
        const result = number <= env.INLINE_BELOW ? sum(number) : await far(number, request.signal, env);
        return new Response('Async CPU', { headers: { 'x-result': String(result) } });
      }
      default:
        return new Response('not found', { status: 404 });
    }
  },
};

// The client's signal goes along, so that a lane hears of a client that has gone.
async function far(number, signal, env) {
  next = (next + 1) % env.LANES;
  const body = Float64Array.of(number);
  const response = await env[`LANE_${next}`].fetch('http://lane/', { method: 'POST', body, signal });
  return new Float64Array(await response.arrayBuffer())[0];
}
