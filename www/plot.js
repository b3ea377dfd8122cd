// Draws the traffic on a canvas: above, the event loop's frames; below, one row a lane. Time runs from right to left.

import { frames, isMeasuring, jobs, laneRows } from './traffic.js';

const PIXELS_PER_MS = 0.1;
/** Room for the names of the rows. */
const GUTTER = 64;
/** Above this a frame is a long task: <https://w3c.github.io/longtasks/>. */
const LONG_MS = 50;
const GUIDES = [[1000 / 60, '60 fps'], [100, '100 ms'], [1000, '1 s']];

export class Plot {
  /** `share` is the part of the height that the frames take; 0 shows the lanes only. */
  constructor(canvas, share) {
    this.canvas = canvas;
    this.share = share;
    this.context = canvas.getContext('2d');
    this.seen = true;
    this.drawn = -Infinity;
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    new ResizeObserver(() => this.fit()).observe(canvas);
    new IntersectionObserver(([entry]) => { this.seen = entry.isIntersecting; }).observe(canvas);
    this.paint = palette(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.paint = palette(canvas); });
    this.fit();
  }

  fit() {
    this.ratio = Math.min(devicePixelRatio, 2);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
  }

  draw(now) {
    if (!this.seen || !this.width || now - this.drawn < this.pause()) return;
    this.drawn = now;
    const { context, width, height, ratio } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = '500 11px "Overpass Mono", monospace';
    context.textBaseline = 'middle';
    this.from = now - width / PIXELS_PER_MS;
    const middle = Math.round(height * this.share);
    const gutter = middle ? GUTTER : 0;
    const bottom = height - (middle ? 8 : 0);
    if (middle) this.drawScale(middle);
    if (middle) this.drawNames(middle, bottom);
    context.save();
    context.beginPath();
    context.rect(gutter, 0, width, height);
    context.clip();
    if (middle) this.drawFrames(middle);
    this.drawLanes(middle, bottom);
    context.restore();
  }

  /**
   * Milliseconds between two pictures. Where no graphics card helps, drawing sixty a second takes a third of a core, which would be
   * missing in what is measured. With reduced motion the plot does not scroll, but changes four times a second.
   */
  pause() {
    if (this.still.matches) return 250;
    return isMeasuring() ? 100 : 30;
  }

  x(at) {
    return (at - this.from) * PIXELS_PER_MS;
  }

  /** How tall a frame is drawn. Logarithmic from 8 ms to 4 s: a dropped frame and a frozen page fit on the same axis. */
  tall(gap, room) {
    return Math.min(1, Math.max(0.02, Math.log2(gap / 8) / 9)) * room;
  }

  drawScale(bottom) {
    const { context, width, paint } = this;
    for (const [gap, label] of GUIDES) {
      const y = Math.round(bottom - 6 - this.tall(gap, bottom - 20));
      context.fillStyle = paint.line;
      context.fillRect(GUTTER, y, width, 1);
      context.fillStyle = paint.haze;
      context.fillText(label, 0, y + 1);
    }
  }

  drawNames(top, bottom) {
    const step = (bottom - top) / laneRows();
    // Below this the names would touch: every second, fourth... row keeps its name.
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(13 / step)));
    this.context.fillStyle = this.paint.haze;
    for (let row = 0; row < laneRows(); row += every) this.context.fillText(`lane ${row + 1}`, 0, top + row * step + step / 2 + 1);
  }

  drawFrames(bottom) {
    const { context, width, paint } = this;
    const base = bottom - 6;
    for (const { at, gap } of frames) {
      if (at < this.from) continue;
      const y = this.tall(gap, base - 14);
      context.fillStyle = gap > LONG_MS ? paint.stop : paint.white;
      context.fillRect(this.x(at - gap), base - y, Math.max(1, gap * PIXELS_PER_MS - 0.5), y);
      if (gap > 4 * LONG_MS) {
        context.fillStyle = paint.asphalt;
        if (gap * PIXELS_PER_MS > 60) context.fillText(`${Math.round(gap)} ms`, this.x(at - gap) + 8, base - y + 12);
      }
    }
    // The double yellow line: nobody crosses from the lanes to the event loop.
    context.fillStyle = paint.yellow;
    context.fillRect(0, bottom - 4, width, 1.5);
    context.fillRect(0, bottom - 0.5, width, 1.5);
  }

  drawLanes(top, bottom) {
    const { context, width, paint } = this;
    const rows = laneRows();
    const step = (bottom - top) / rows;
    context.fillStyle = paint.line;
    for (let row = 1; row < rows; row += 1) {
      const shift = (this.from * PIXELS_PER_MS) % 48;
      for (let x = -shift; x < width; x += 48) context.fillRect(x, Math.round(top + row * step), 24, 1.5);
    }
    const tall = Math.max(2, Math.min(step - 5, 22));
    for (const { row, kind, from, to, ending } of jobs) {
      const right = this.x(to ?? this.from + width / PIXELS_PER_MS);
      if (right < 0 || row >= rows) continue;
      const left = this.x(from);
      const y = top + row * step + (step - tall) / 2;
      context.fillStyle = ending === 'lost' || ending === 'cancelled' ? paint.stop : paint[kind];
      context.globalAlpha = to === null ? 1 : 0.82;
      context.fillRect(left, y, Math.max(1, right - left - 1), tall);
      context.globalAlpha = 1;
      if (ending === 'lost' || ending === 'cancelled') {
        context.fillStyle = paint.white;
        context.fillText(ending === 'lost' ? '× crashed' : '× cancelled', right + 4, y + tall / 2 + 1);
      }
    }
  }
}

function palette(canvas) {
  const style = getComputedStyle(canvas);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    asphalt: read('asphalt'), line: read('asphalt-line'), white: read('white'), haze: read('haze'), yellow: read('yellow'), stop: read('stop'),
    sum: read('lane'), tile: read('tile'), work: read('work'), call: read('call'),
  };
}
