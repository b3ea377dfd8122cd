// Turns of Rust's tasks, in one crossing each.

// Answers that are not complete.
export const open = new Set();

// The `turn` of each instance that has trapped. There may be several of which somebody waits for something still.
const dead = new WeakSet();

export function is_dead(turn) {
  return dead.has(turn);
}

export function trap(turn, error) {
  dead.add(turn);
  // For the log, for all other open answers, and for whoever starts a new instance.
  queueMicrotask(() => {
    throw error;
  });
}

/** Gives whoever waits under that key a turn with a value, or with an error. */
export function give(turn, key, value, fulfilled = true) {
  if (dead.has(turn)) return linger();
  try {
    turn(key, value, fulfilled, false);
  } catch (error) {
    trap(turn, error);
  }
}

// Turns of the event loop, and milliseconds each takes at least.
const LINGER_TURNS = 100;
const LINGER_MS = 10;

/**
 * Keeps the running request going until the last words have been said. What it waited for has come and nobody is left to hear of it: with nothing but
 * another request's word to wait for, the runtime would take it for hung and end it before the word is there.
 */
function linger(turns = LINGER_TURNS) {
  const goOn = () => [...open].some((answer) => answer.isLost) && linger(turns - 1);
  if (turns > 0) setTimeout(goOn, LINGER_MS);
}

/** Gives a task its next turn in a microtask of its own. */
export async function turn_soon(turn, key) {
  await undefined;
  give(turn, key);
}

/** Gives whoever waits under that key a turn with what comes of the promise. */
export function settle(promise, turn, key) {
  promise.then(
    (value) => give(turn, key, value, true),
    (error) => give(turn, key, error, false),
  );
}

/** Gives whoever waits under that key a turn when the signal's request loses its client. Gives the listener, for those who do not listen to its end. */
export function when_gone(signal, turn, key) {
  // Never at once: what aborts it may be a turn.
  const listener = () => turn_soon(turn, key);
  signal.addEventListener("abort", listener);
  return listener;
}
