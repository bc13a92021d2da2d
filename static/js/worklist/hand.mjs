/* "Start reading": the server hands out the next best studies, to this reader alone, for a while. */

import { postJson } from "../api.mjs";

const SIZE = 4;
const HANDED_LANES = new Set(["to_read", "second_reads", "claims", "all"]);

/** Whether studies of a lane are handed out; in the others the reader goes down the list. */
export function isHanded(lane) {
  return HANDED_LANES.has(lane);
}

/** What is asked for: the lane and its filters as the list shows them. */
export function handBody(wanted, current = null) {
  return { ...wanted, current, size: SIZE };
}

/** @returns the id of the first study in hand, or null with nothing to take */
export async function takeHand(wanted) {
  const { hand, waiting } = await postJson("/api/worklist/hand/", handBody(wanted));
  return { first: hand[0]?.id ?? null, waiting };
}

/** Pure: what to say when nothing could be taken although some wait. */
export function nothingWords(waiting) {
  if (!waiting) return "Nothing waits to be read here.";
  const who = waiting === 1 ? "The one that waits here is" : `The ${waiting} that wait here are`;
  return `${who} open at other readers. They come back by themselves if they are left unsigned.`;
}
