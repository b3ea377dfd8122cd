// Loads the page's program, and says so if that is not possible. It imports nothing itself, so that it runs also if other files are of another build.

const update = document.getElementById('update');
document.getElementById('reload').addEventListener('click', () => location.reload());

import('./app.js').catch((error) => {
  // A file that lacks what another one imports from it.
  const mixed = error.kind === 'skew' || error instanceof SyntaxError;
  update.hidden = !mixed;
  for (const control of document.querySelectorAll('main :is(button, input, select)')) control.disabled = true;
  const why = mixed ? 'its files are of two builds, reload it' : error.message ?? error;
  document.getElementById('said').textContent = `This page could not start: ${why}`;
  throw error;
});
