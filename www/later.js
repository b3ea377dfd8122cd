// What comes with its first use, since it weighs twice as much as the rest of the page: pictures and passwords, and the module for them.

import { isSkew } from './module.js';

const section = document.getElementById('real');
const say = (text) => { document.getElementById('work-said').textContent = text; };

/** Wires the section up. Gives a function that loads the rest, for requests of the service worker. */
export function later(lanes) {
  let loaded = null;
  const load = () => {
    loaded ??= import('./work/work.js').then(({ start }) => start(lanes));
    loaded.catch(() => { loaded = null; });
    return loaded;
  };

  /** What the visitor wants is done as soon as it can be. */
  const use = async (act) => {
    if (!loaded) say('Loading the module for pictures and passwords…');
    try {
      await act(await load());
    } catch (error) {
      if (isSkew(error)) lanes.outdated();
      const why = isSkew(error) ? 'there is a newer build of it, reload the page' : error.message ?? error;
      say(`It could not be loaded: ${why}`);
    }
  };

  const pictures = section.querySelector('#pictures');
  const files = pictures.querySelector('input');
  files.addEventListener('change', () => use(({ thumbnails }) => thumbnails([...files.files])));
  pictures.querySelector('button').addEventListener('click', () => {
    document.getElementById('explorer').toBlob((blob) => use(({ thumbnails }) => thumbnails([new File([blob], 'Mandelbrot set')])));
  });
  const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
  for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    section.addEventListener(kind, (event) => {
      if (!carriesFiles(event)) return;
      // Else the browser would leave the page for the file.
      event.preventDefault();
      pictures.classList.toggle('over', kind === 'dragenter' || kind === 'dragover');
      const dropped = [...event.dataTransfer.files];
      if (kind === 'drop') use(({ thumbnails }) => thumbnails(dropped));
    });
  }

  const password = section.querySelector('#password');
  password.addEventListener('submit', (event) => {
    event.preventDefault();
    use(({ hash }) => hash(password));
  });
  password.querySelector('#verify').addEventListener('click', () => use(({ verify }) => verify(password)));
  return load;
}
