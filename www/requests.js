// The edge function's routes as real fetches, and who answered them.

/** Tells the service worker whether to answer a request itself. It never reaches the router's tasks. */
export const VIA = 'x-offloop-via';

export async function send(url, by, accept, signal) {
  return fetch(url, { headers: { accept, [VIA]: by }, signal, cache: 'no-store' });
}

/** Who really answered: the service worker marks its answers, the edge function's come without the mark. */
export const servedBy = (response) => (response.headers.get('x-served-by') === 'service-worker' ? 'Service worker' : 'Edge function');

/** Fetches `url` as server-sent events, tells `progress(done, total)`, gives the last event's data. */
export async function fetchEvents(url, by, signal, progress) {
  const response = await send(url, by, 'text/event-stream', signal);
  if (!response.ok) throw new Error(await problem(response));
  let answer;
  for await (const { event, data } of events(response.body)) {
    const value = JSON.parse(data);
    if (event === 'progress') progress(value.done, value.total);
    else if (event === 'problem') throw new Error(value.detail ?? value.title);
    else answer = value;
  }
  if (!answer) throw new Error('the answer ended early');
  return { answer, servedBy: servedBy(response) };
}

/** Cuts a body into server-sent events: <https://html.spec.whatwg.org/multipage/server-sent-events.html>. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value.replaceAll('\r\n', '\n');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = text.slice(0, end).split('\n').map((line) => line.split(/: ?(.*)/s));
      const pick = (name) => fields.filter(([field]) => field === name).map(([, content]) => content).join('\n');
      if (pick('data')) yield { event: pick('event') || 'message', data: pick('data') };
      text = text.slice(end + 2);
    }
  }
}

async function problem(response) {
  const text = await response.text();
  try {
    const { title, detail } = JSON.parse(text);
    return detail ?? title;
  } catch {
    return `${response.status} ${text.slice(0, 200)}`;
  }
}

/** Wires the forms up. `by()` tells who shall answer, once `ready`. */
export function requests(by, ready) {
  for (const form of document.querySelectorAll('form.view[action]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      ready.then(() => submit(form, by())).catch((error) => show(form, 'bad', ['b', 'Failed '], ['span', String(error.message ?? error)]));
    });
  }
}

async function submit(form, by) {
  const { times = 1, accept = 'application/json', ...query } = Object.fromEntries(new FormData(form));
  const search = new URLSearchParams(query).toString();
  const url = form.getAttribute('action') + (search && `?${search}`);
  show(form, '', ['s', 'waiting…']);
  const start = performance.now();
  const answers = await Promise.all(Array.from({ length: Number(times) }, async () => {
    const response = await send(url, by, accept);
    return [response, await response.text()];
  }));
  const took = Math.round(performance.now() - start);
  const [response, text] = answers.at(-1);
  const same = answers.every(([, body]) => body === text);
  show(
    form,
    response.ok ? '' : 'bad',
    ['b', `${response.status} ${response.statusText}`],
    ['span', `  ${took} ms`],
    ['s', `  ${servedBy(response)}\n${response.headers.get('content-type') ?? ''}\n\n`],
    ['span', pretty(text) + (answers.length > 1 && same ? `  × ${answers.length}` : '')],
  );
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}

function show(form, state, ...parts) {
  const answer = form.querySelector('.answer');
  answer.className = `answer ${state}`;
  answer.firstElementChild.replaceChildren(...parts.map(([tag, text]) => {
    const part = document.createElement(tag);
    part.textContent = text;
    return part;
  }));
}
