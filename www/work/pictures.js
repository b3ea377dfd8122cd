// Pictures in, thumbnails out: each size of each picture is a job of its own.

import { Picture } from '../pkg/work.js';

const SIDES = [512, 256, 128, 64, 32];
/** A task reports when it has decoded and when it has scaled; then it has to encode. */
const STAGES = 3;
/** Pictures that stay on the page. */
const KEEP = 4;
/** The edge function's limit, `PICTURE_MAX`. */
const LARGEST = 10 << 20;

const $ = (id) => document.getElementById(id);
const bytes = (count) => (count < 1e6 ? `${Math.max(1, Math.round(count / 1e3))} kB` : `${(count / 1e6).toFixed(1)} MB`);
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

/** Gives the function that makes thumbnails of files and shows them. */
export function pictures(pool, lanes) {
  let [done, total] = [0, 0];
  const advance = (stages) => {
    done += stages;
    $('work-progress').value = total ? done / total : 0;
  };

  /** One size; tells how far it is, and in the end counts as done however it ended. */
  async function one(picture, side) {
    let told = 0;
    const tell = (stages) => {
      advance(stages - told);
      told = stages;
    };
    try {
      return await lanes.run('work', async () => {
        const begun = performance.now();
        const made = await pool.thumbnail(picture, side, tell);
        return [...made, performance.now() - begun];
      });
    } finally {
      tell(STAGES);
    }
  }

  async function thumbnails(file) {
    const title = make('h3', {}, file.name, ' ', make('span', {}, bytes(file.size)));
    const row = make('div', { className: 'sizes' });
    const entry = make('li', {}, title, row);
    $('thumbs').prepend(entry);
    while ($('thumbs').children.length > KEEP) forget($('thumbs').lastElementChild);
    const places = SIDES.map((side) => {
      const place = make('figure', { className: 'pending' });
      place.style.setProperty('--side', `${side}px`);
      return place;
    });
    row.append(...places);
    let picture;
    try {
      if (file.size > LARGEST) throw new Error(`it has ${bytes(file.size)}, at most ${bytes(LARGEST)} are taken`);
      picture = new Picture(new Uint8Array(await file.arrayBuffer()));
      const ended = await Promise.allSettled(SIDES.map(async (side, index) => {
        const made = await one(picture, side);
        show(places[index], file.name, ...made);
      }));
      const wrong = ended.find(({ status }) => status === 'rejected');
      if (wrong) throw wrong.reason;
      return true;
    } catch (error) {
      row.replaceChildren(make('p', { className: 'bad' }, `No thumbnails: ${error.message ?? error}`));
      return false;
    } finally {
      picture?.free();
    }
  }

  return async (files) => {
    if (done === total) [done, total] = [0, 0];
    total += files.length * SIDES.length * STAGES;
    $('work-said').textContent = `Thumbnails of ${files.length} ${files.length === 1 ? 'picture' : 'pictures'}…`;
    const begun = performance.now();
    const made = await Promise.all(files.map((file) => thumbnails(file)));
    const good = made.filter(Boolean).length;
    const took = Math.round(performance.now() - begun);
    $('work-said').textContent = `${good * SIDES.length} thumbnails in ${took} ms${good < files.length ? `, ${files.length - good} not readable` : ''}.`;
  };
}

function show(place, name, data, type, width, height, ms) {
  // Its entry was forgotten meanwhile, and nobody would let go of the bytes.
  if (!place.isConnected) return;
  const src = URL.createObjectURL(new Blob([data], { type }));
  const image = make('img', { src, width, height, alt: `${name}, ${width} × ${height} pixels` });
  place.className = '';
  place.replaceChildren(image, make('figcaption', {}, `${width} × ${height}`, make('span', {}, `${Math.round(ms)} ms`), make('span', {}, bytes(data.length))));
}

function forget(entry) {
  for (const image of entry.querySelectorAll('img')) URL.revokeObjectURL(image.src);
  entry.remove();
}
