// The Mandelbrot set on a canvas: each tile is a job, drawn when its lane is done. Moving about is in gestures.js.

import { gestures } from './gestures.js';

const TILE = 128;
/** The preview has one pixel for so many. */
const COARSE = 8;
/** Levels to double the zoom. */
const OCTAVE = 4;
/** At level 0 a pixel is this wide on the plane. */
const PIXEL = 1 / 256;
/** Deeper than this a pixel is no longer a step that an `f64` can take. */
const DEEPEST = 160;
/** A tile nobody wants any more may finish within this time: that is cheaper than a new worker. */
const GRACE_MS = 150;
/** Finished tiles kept, 64 kB each. */
export const KEEP = 600;
const PLACES = {
  'Seahorse valley': [-0.7436447860, 0.1318252536, 46],
  'Spiral': [-0.761574, -0.0847596, 44],
  'Elephant valley': [0.2925755, -0.0149977, 40],
  'A set within': [-1.7687788, -0.0017389, 44],
};

export class Explorer {
  constructor(lanes) {
    this.lanes = lanes;
    this.canvas = document.getElementById('explorer');
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.now = document.getElementById('explorer-now');
    this.tiles = new Map(); // key to ImageBitmap
    this.running = new Map(); // key to AbortController
    this.queue = [];
    this.wanted = new Set(); // keys of tiles that the view lacks
    this.previews = [];
    this.ghost = null;
    this.view = this.home();
    new ResizeObserver(() => this.fit()).observe(this.canvas);
    gestures(this.canvas, this);
    for (const [name, [x, y, level]] of Object.entries(PLACES)) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name });
      button.addEventListener('click', () => this.look({ x, y, level }));
      document.getElementById('places').append(button);
    }
    document.getElementById('zoom-in').addEventListener('click', () => this.zoom(OCTAVE));
    document.getElementById('zoom-out').addEventListener('click', () => this.zoom(-OCTAVE));
    document.getElementById('zoom-home').addEventListener('click', () => this.look(this.home()));
  }

  home() {
    const { width, height } = this.canvas;
    const fits = Math.min(width / 3.2, height / 2.5) * PIXEL;
    return { x: -0.65, y: 0, level: Math.floor(Math.log2(fits) * OCTAVE) };
  }

  fit() {
    const ratio = Math.min(devicePixelRatio, 2);
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
    if (!width || (width === this.canvas.width && height === this.canvas.height)) return;
    const first = !this.started;
    Object.assign(this.canvas, { width, height });
    this.ratio = ratio;
    this.started = true;
    this.ghost = null;
    this.look(first ? this.home() : this.view);
  }

  pixel(level = this.view.level) {
    return PIXEL * 2 ** (-level / OCTAVE);
  }

  /** Moves by so many CSS pixels. */
  pan(dx, dy) {
    const step = this.pixel() * this.ratio;
    this.look({ ...this.view, x: this.view.x - dx * step, y: this.view.y - dy * step });
  }

  /** Zooms by `levels`, keeping the point at CSS offset (`left`, `top`) where it is. */
  zoom(levels, left = this.canvas.clientWidth / 2, top = this.canvas.clientHeight / 2) {
    const level = Math.min(DEEPEST, Math.max(this.home().level - OCTAVE, this.view.level + levels));
    const dx = left * this.ratio - this.canvas.width / 2;
    const dy = top * this.ratio - this.canvas.height / 2;
    const change = this.pixel() - this.pixel(level);
    this.look({ x: this.view.x + dx * change, y: this.view.y + dy * change, level });
  }

  /** Shows another view: what is known at once, the rest as lanes finish. Tiles that have not begun are dropped. */
  look(view) {
    if (view.level !== this.view.level) this.haunt();
    this.view = { x: Math.max(-2.5, Math.min(1.5, view.x)), y: Math.max(-2, Math.min(2, view.y)), level: view.level };
    this.begun = performance.now();
    this.took = null;
    const missing = this.visible().filter(({ key }) => !this.tiles.has(key));
    this.wanted = new Set(missing.map(({ key }) => key));
    for (const [key, controller] of this.running) {
      if (this.wanted.has(key)) continue;
      setTimeout(() => {
        // It may have come back into view.
        if (!this.wanted.has(key)) controller.abort();
      }, GRACE_MS);
    }
    this.queue = missing.filter(({ key }) => !this.running.has(key));
    this.total = missing.length;
    if (missing.length > this.visible().length / 3) this.queue.unshift(...this.strips());
    this.paint();
    this.pump();
  }

  /** Keeps what is on the canvas, to be shown scaled until tiles of the new level arrive. */
  haunt() {
    const canvas = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    canvas.getContext('2d').drawImage(this.canvas, 0, 0);
    this.ghost = { canvas, ...this.view };
    this.previews = [];
  }

  /** The tiles of the view, from the middle outwards. */
  visible() {
    const { x, y, level } = this.view;
    const { width, height } = this.canvas;
    const pixel = this.pixel();
    const [left, top] = [x / pixel - width / 2, y / pixel - height / 2];
    const tiles = [];
    for (let row = Math.floor(top / TILE); row * TILE < top + height; row += 1) {
      for (let column = Math.floor(left / TILE); column * TILE < left + width; column += 1) {
        const away = Math.hypot(column * TILE - left + (TILE - width) / 2, row * TILE - top + (TILE - height) / 2);
        const place = { left: column * TILE, top: row * TILE, width: TILE, height: TILE, step: 1, level };
        tiles.push({ key: `${level}:${column}:${row}`, away, ...place });
      }
    }
    return tiles.sort((a, b) => a.away - b.away);
  }

  /** A coarse picture of the whole view, one strip a lane. */
  strips() {
    const { x, y, level } = this.view;
    const pixel = this.pixel();
    const width = Math.ceil(this.canvas.width / COARSE);
    const height = Math.ceil(this.canvas.height / COARSE / this.lanes.count);
    const [left, top] = [Math.floor(x / pixel - this.canvas.width / 2), Math.floor(y / pixel - this.canvas.height / 2)];
    return Array.from({ length: this.lanes.count }, (_, index) => {
      const place = { left, top: top + index * height * COARSE, width, height, step: COARSE, level };
      return { key: `coarse:${left}:${place.top}:${level}`, ...place };
    });
  }

  pump() {
    while (this.running.size < this.lanes.count && this.queue.length) this.compute(this.queue.shift());
  }

  async compute(tile) {
    const controller = new AbortController();
    this.running.set(tile.key, controller);
    const { signal } = controller;
    const { key, left, top, width, height, step, level } = tile;
    const pixel = this.pixel(level);
    // Samples sit in the middle of the pixels they stand for.
    const at = (edge) => (edge + step / 2) * pixel;
    const job = () => this.lanes.pool.tile(at(left), at(top), step * pixel, width, height, 250 + 40 * Math.max(0, level), signal);
    try {
      const pixels = await this.lanes.run('tile', job, { signal });
      const bitmap = await createImageBitmap(new ImageData(pixels, width, height));
      if (step === 1) this.keep(key, bitmap);
      else if (level === this.view.level) this.previews.push({ bitmap, ...tile });
    } catch (error) {
      // Aborted: nobody waits for it. Anything else leaves a hole, which the next view tries again.
      if (!signal.aborted) this.now.textContent = `A tile failed: ${error.message ?? error}`;
    } finally {
      this.running.delete(key);
      // Called off a moment too early.
      if (signal.aborted && this.wanted.has(key)) this.queue.push(tile);
    }
    this.paint();
    this.pump();
  }

  keep(key, bitmap) {
    this.tiles.set(key, bitmap);
    for (const [oldest, old] of this.tiles) {
      if (this.tiles.size <= KEEP) break;
      old.close();
      this.tiles.delete(oldest);
    }
  }

  paint() {
    this.dirty ??= requestAnimationFrame(() => {
      this.dirty = null;
      this.draw();
    });
  }

  draw() {
    const { context, view } = this;
    const { width, height } = this.canvas;
    const pixel = this.pixel();
    const [left, top] = [Math.round(view.x / pixel - width / 2), Math.round(view.y / pixel - height / 2)];
    context.fillStyle = '#1c1f21';
    context.fillRect(0, 0, width, height);
    if (this.ghost) {
      const scale = this.pixel(this.ghost.level) / pixel;
      const x = (this.ghost.x - view.x) / pixel + (width - this.ghost.canvas.width * scale) / 2;
      const y = (this.ghost.y - view.y) / pixel + (height - this.ghost.canvas.height * scale) / 2;
      context.drawImage(this.ghost.canvas, x, y, this.ghost.canvas.width * scale, this.ghost.canvas.height * scale);
    }
    for (const { bitmap, ...strip } of this.previews) {
      context.drawImage(bitmap, strip.left - left, strip.top - top, strip.width * COARSE, strip.height * COARSE);
    }
    let missing = 0;
    for (const { key, ...tile } of this.visible()) {
      const bitmap = this.tiles.get(key);
      const [x, y] = [tile.left - left, tile.top - top];
      if (bitmap) {
        context.drawImage(bitmap, x, y);
        continue;
      }
      missing += 1;
      if (!this.running.has(key)) continue;
      context.strokeStyle = '#ffc220';
      context.lineWidth = 2;
      context.strokeRect(x + 3, y + 3, TILE - 6, TILE - 6);
    }
    this.tell(missing);
  }

  tell(missing) {
    const { x, y, level } = this.view;
    if (!missing) this.took ??= performance.now() - this.begun;
    const zoom = 2 ** ((level - this.home().level) / OCTAVE);
    const state = missing ? `${this.total - missing} of ${this.total} tiles` : `${this.total} tiles in ${Math.round(this.took)} ms`;
    const digits = Math.min(15, Math.max(3, Math.round(level / OCTAVE / 3.3) + 3));
    this.now.textContent = `${x.toFixed(digits)} ${y < 0 ? '+' : '−'} ${Math.abs(y).toFixed(digits)}i · zoom ${zoom < 1e5 ? zoom.toFixed(1) : zoom.toExponential(1)} · ${state}`;
  }
}
