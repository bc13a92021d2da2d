/* Pure: what a reader changed, in words. A diff is [{field, from, to}] against the immutable finding (feedback/diff.py). */

import { label } from "../../words.mjs";
import { toothWords } from "./teeth.mjs";

const SIDES = { R: "right", L: "left", B: "both sides" };
const MOVED_ONLY = 0.02;

export const sideWords = (code) => SIDES[code] ?? "";

/** One line a change: "label bone loss → caries", "box moved", "tooth 36 (Universal 19)". */
export function diffWords(diff, numbering = "fdi") {
  const present = diff.find((change) => change.field === "present")?.to;
  if (present === false) return ["not there"];
  const words = diff.filter((change) => change.field !== "present").map((change) => changeWords(change, numbering));
  return present ? ["added", ...words] : words;
}

/** The changes of a review as the server answers it. */
export function changedWords(review, numbering = "fdi") {
  return diffWords(review.diff ?? [], numbering);
}

/** What a review says, whole: "caries D1, tooth 36, left". */
export function saidWords(review, numbering = "fdi") {
  if (review.verdict === "rejected") return `no ${label(review.label)}`;
  const name = [label(review.label), review.grade].filter(Boolean).join(" ");
  const tooth = review.tooth ? toothWords(review.tooth, numbering) : "";
  return [name, tooth, sideWords(review.laterality), review.box ? "" : "whole frame"].filter(Boolean).join(", ");
}

function changeWords({ field, from, to }, numbering) {
  if (field === "box") return boxWords(from, to);
  const say = { label, laterality: sideWords, tooth: (fdi) => toothWords(fdi, numbering), grade: String }[field];
  const name = { tooth: "", laterality: "side " }[field] ?? `${field} `;
  if (from === null) return `${name}${say(to)}`;
  return `${name}${say(from)} → ${to === null ? "none" : say(to)}`;
}

function boxWords(from, to) {
  if (!from) return "box drawn";
  if (!to) return "box taken away";
  const changed = (start, end) => Math.abs((to[end] - to[start]) / (from[end] - from[start]) - 1);
  return Math.max(changed(0, 2), changed(1, 3)) <= MOVED_ONLY ? "box moved" : "box resized";
}

/** A box as the diff writes it. */
export function corners(box) {
  return box ? [box.left, box.top, box.right, box.bottom] : null;
}
