// A password into its PHC string and back into yes or no, with the longest gap between ticks of the main thread meanwhile.

import { watchGaps } from '../traffic.js';

const say = (text) => { document.getElementById('work-said').textContent = text; };

/** Gives what the form's two buttons do. */
export function passwords(pool, lanes) {
  let hashed = null;

  async function attempt(form, what, job) {
    const buttons = form.querySelectorAll('button');
    for (const button of buttons) button.disabled = true;
    say(`${what}…`);
    try {
      const gaps = watchGaps();
      const begun = performance.now();
      let gap;
      const result = await lanes.run('work', job).finally(() => { gap = gaps(); });
      return { result, figures: `${Math.round(performance.now() - begun)} ms on a lane, longest gap of the main thread ${Math.round(gap)} ms` };
    } catch (error) {
      say(`Not done: ${error.message ?? error}.`);
      return null;
    } finally {
      for (const button of buttons) button.disabled = button.id === 'verify' && !hashed;
    }
  }

  async function hash(form) {
    const { password, cost } = form.elements;
    const [memory, iterations] = cost.value.split(' ').map(Number);
    const done = await attempt(form, 'Hashing', () => pool.hash(password.value, memory, iterations));
    if (!done) return;
    hashed = done.result;
    form.querySelector('.answer code').textContent = hashed;
    form.querySelector('#verify').disabled = false;
    say(`Hashed: ${done.figures}.`);
  }

  async function verify(form) {
    const done = await attempt(form, 'Comparing', () => pool.verify(form.elements.password.value, hashed));
    if (done) say(`${done.result ? 'It is the password that was hashed' : 'It is another password'}: ${done.figures}.`);
  }

  return { hash, verify };
}
