/* How long the reader waits: from the key to the next film, and to the first film. Read by tests as window.deskTimings. */

const KEPT = 400;

export const timings = { "key-to-next-image": [], "first-paint": [] };
globalThis.deskTimings = timings;

let pressed = null;

/** A key or a button asked for another study. */
export function asked() {
  pressed = performance.now();
}

export function notAsked() {
  pressed = null;
}

/** A film stands on the screen. */
export function painted({ first }) {
  if (pressed !== null) note("key-to-next-image", pressed);
  else if (first) note("first-paint", 0);
  pressed = null;
}

function note(name, start) {
  const { duration } = performance.measure(name, { start, end: performance.now() });
  timings[name].push(duration);
  if (timings[name].length > KEPT) timings[name].shift();
}
