// Drag, wheel, pinch and keys, turned into `pan(dx, dy)` and `zoom(levels, x, y)`, four levels to a factor of two.

const KEY_STEP = 80;
const HINT_MS = 1600;

/** Levels for a change of scale by `factor`. */
const levels = (factor) => Math.log2(factor) * 4;

export function gestures(canvas, target) {
  const fingers = new Map();
  let rest = 0; // of a zoom too small for a whole level yet

  const zoom = (amount, x, y) => {
    rest += amount;
    const whole = Math.trunc(rest);
    rest -= whole;
    if (whole) target.zoom(whole, x, y);
  };
  const middle = () => {
    const all = [...fingers.values()];
    return [all.reduce((sum, [x]) => sum + x, 0) / all.length, all.reduce((sum, [, y]) => sum + y, 0) / all.length];
  };
  const spread = () => {
    const [[ax, ay], [bx, by]] = fingers.values();
    return Math.max(1, Math.hypot(ax - bx, ay - by));
  };

  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    canvas.classList.add('held');
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    const [x, y] = middle();
    const apart = fingers.size === 2 && spread();
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    const [toX, toY] = middle();
    if (toX !== x || toY !== y) target.pan(toX - x, toY - y);
    if (apart) zoom(levels(spread() / apart), toX, toY);
  });
  for (const end of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      rest = 0;
      canvas.classList.toggle('held', fingers.size > 0);
    });
  }
  canvas.addEventListener('dblclick', (event) => target.zoom(4, event.offsetX, event.offsetY));

  // Scrolling past the picture must not zoom it: the wheel belongs to the page until the picture has the focus.
  const hint = document.getElementById('explorer-hint');
  let hiding;
  canvas.addEventListener('wheel', (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) {
      hint.hidden = false;
      clearTimeout(hiding);
      hiding = setTimeout(() => { hint.hidden = true; }, HINT_MS);
      return;
    }
    event.preventDefault();
    // A line is about 30 pixels, a notch about 100; a pinch on a touch pad comes as small steps with the control key.
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1) * (event.ctrlKey ? 5 : 1);
    zoom(Math.max(-4, Math.min(4, -pixels / 50)), event.offsetX, event.offsetY);
  }, { passive: false });

  const keys = {
    ArrowLeft: () => target.pan(KEY_STEP, 0),
    ArrowRight: () => target.pan(-KEY_STEP, 0),
    ArrowUp: () => target.pan(0, KEY_STEP),
    ArrowDown: () => target.pan(0, -KEY_STEP),
    '+': () => target.zoom(2),
    '=': () => target.zoom(2),
    '-': () => target.zoom(-2),
    0: () => target.look(target.home()),
    Escape: () => canvas.blur(),
  };
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
