// What happened when: the frames of the event loop and the jobs on the lanes. Plots read it, everything else writes it.

/** Older entries are dropped: the widest plot shows less. */
const KEEP_MS = 30_000;

export const frames = []; // {at, gap}: a frame began at `at`, `gap` after the one before
export const jobs = []; // {row, kind, from, to, ending}: `to` is null while it runs

let rows = 1;
let recent = [];
let watching = 0;

/** How many rows the lanes take in a plot. */
export const laneRows = () => rows;
export const setLaneRows = (count) => { rows = count; };

/** Frames per second over the last second. */
export const framesPerSecond = () => recent.length;

/** Calls `draw(now)` for every frame, after the frame was noted. */
export function everyFrame(draw) {
  let last = performance.now();
  requestAnimationFrame(function frame(stamp) {
    // The frame's time stamp lags behind a blocked loop; the clock does not.
    const now = Math.max(stamp, performance.now());
    // A hidden tab has no frames. That is no jank.
    if (!document.hidden && now - last < 60_000) frames.push({ at: now, gap: now - last });
    last = now;
    recent.push(now);
    recent = recent.filter((at) => now - at < 1000);
    forget(now - KEEP_MS);
    draw(now);
    requestAnimationFrame(frame);
  });
  document.addEventListener('visibilitychange', () => { last = performance.now(); });
}

function forget(before) {
  while (frames.length && frames[0].at < before) frames.shift();
  while (jobs.length && jobs[0].to !== null && jobs[0].to < before) jobs.shift();
}

/** Notes that a job of this kind begins, on the first free row. Call the returned function with how it ended. */
export function begin(kind) {
  const taken = new Set(jobs.filter((job) => job.to === null).map((job) => job.row));
  let row = 0;
  while (taken.has(row)) row += 1;
  // Not left to the frames: a hidden page has none, and may still compute for the service worker.
  forget(performance.now() - KEEP_MS);
  const job = { row, kind, from: performance.now(), to: null, ending: '' };
  jobs.push(job);
  return (ending = 'done') => { job.to = performance.now(); job.ending = ending; };
}

/** Whether a run is being measured, so that others should keep off the processor. */
export const isMeasuring = () => watching > 0;

/** Measures the longest gap between ticks of the main thread until the returned function is called. */
export function watchGaps() {
  let last = performance.now();
  let longest = 0;
  let timer;
  watching += 1;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    timer = setTimeout(tick, 4);
  };
  timer = setTimeout(tick, 4);
  return () => {
    clearTimeout(timer);
    watching -= 1;
    return Math.max(longest, performance.now() - last);
  };
}
