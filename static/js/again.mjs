/* Asking again when something happened: not too often, not too late, and never so that an older answer comes last. */

const LONGEST_WAITS = 5;

/** Calls once after the last of many calls in a row; when they do not end, after five such pauses at the latest. */
export function settled(milliseconds, call) {
  let timer = null;
  let since = null;
  const go = () => {
    timer = since = null;
    call();
  };
  return () => {
    const now = performance.now();
    since ??= now;
    clearTimeout(timer);
    timer = setTimeout(go, Math.max(0, Math.min(milliseconds, since + LONGEST_WAITS * milliseconds - now)));
  };
}

/**
 * A call that never runs beside itself: whoever calls meanwhile gets one more run, begun after the present one has ended.
 * Two questions under way at once may be answered in the wrong order, and the older answer would stay.
 */
export function oneAtATime(call) {
  let running = null;
  let following = null;
  const run = () => {
    following = null;
    running = Promise.resolve(call()).finally(() => { running = null; });
    return running;
  };
  return () => {
    if (!running) return run();
    following ??= running.then(run, run);
    return following;
  };
}
