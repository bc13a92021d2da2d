/* Whether the page is still told of what happens: a mark in the bar, and a banner once it has been away for a moment. */

import { role } from "./dom.mjs";
import { liveMark } from "./live.mjs";
import { moment } from "./words.mjs";

const QUIET_MS = 1500;

/** Pure: the fact and what holds meanwhile; a page adds a sentence of its own. */
export function lostWords(since, holds, now = new Date()) {
  return {
    fact: `No connection since ${moment(since.toISOString(), now)}.`,
    words: `${holds} Trying again by itself; what was missed is fetched then.`,
  };
}

/**
 * @param mark the element in the bar
 * @param holds what still works on this page, one or two sentences
 * @param onNow what "Try now" does
 * @returns what Live calls with "connecting", "live" or "reconnecting"
 */
export function connection(mark, { holds = "What is on the screen stays usable.", onNow = null } = {}) {
  const showMark = liveMark(mark);
  const banner = role("connection");
  const now = role("connection-now");
  let timer = null;
  now.hidden = !onNow;
  if (onNow) now.addEventListener("click", onNow);
  const lost = (since) => {
    const { fact, words } = lostWords(since, holds);
    role("connection-fact").textContent = fact;
    role("connection-words").textContent = words;
    banner.hidden = false;
  };
  return (state) => {
    showMark(state);
    if (state === "live") {
      clearTimeout(timer);
      timer = null;
      banner.hidden = true;
    } else if (state === "reconnecting" && timer === null) {
      timer = setTimeout(lost, QUIET_MS, new Date());
    }
  };
}
