/* Two sides, item by item: another reader's and mine, or another tab's and this one's. Nothing is taken unasked. */

import { ask, el } from "../../dom.mjs";
import { label as word } from "../../words.mjs";
import { saidWords } from "./diff_words.mjs";
import { draftMerged, draftPairs } from "./drafts.mjs";

const KINDS = { differ: "differ", theirs_only: "only theirs", mine_only: "only yours", same: "agree" };
const WORDS = {
  differ: { mine: "keep mine", theirs: "take theirs", both: "keep both" },
  theirs_only: { mine: "leave out", theirs: "take over" },
  mine_only: { mine: "keep", theirs: "drop" },
};
const TAKE_KEYS = { m: "mine", t: "theirs", b: "both" };

/**
 * Shows a comparison (GET merge/); resolves with the choices for POST merge/, null when left.
 * onShow(item): the item that is looked at, to show its box on the film.
 */
export function openMerge(merge, { numbering = "fdi", onShow = () => {} } = {}) {
  const { theirs } = merge;
  if (!theirs) return Promise.resolve(null);
  const items = merge.items.map((item) => ({
    ...item,
    title: word((item.theirs ?? item.mine).label),
    sides: { mine: said(item.mine, numbering), theirs: said(item.theirs, numbering) },
  }));
  const words = { title: `${theirs.by} and you`, mine: "You", theirs: theirs.by, take: "Take over", leave: "Leave my read as it is", note: "Theirs stays as it is. What you take over is written as your own, and one undo takes it back." };
  return choose(items, words, onShow);
}

/** Two versions of one draft; resolves with the content to go on with, null when it is left open. */
export async function openDraftMerge(stored, refused, { numbering = "fdi" } = {}) {
  const pairs = draftPairs(stored, refused);
  const items = pairs.map((pair) => ({
    ...pair,
    title: word((pair.mine ?? pair.theirs).label) || "a new box",
    takes: ["mine", "theirs"],
    words: [],
    sides: { mine: unsent(pair.mine, numbering), theirs: unsent(pair.theirs, numbering) },
    take: pair.mine ? "mine" : "theirs",
  }));
  const words = { title: "Changed in two tabs", mine: "This tab", theirs: "The other tab", take: "Go on with this", leave: "Decide later", note: "Both versions are kept until you decide." };
  const choices = await choose(items, words, () => {});
  return choices && draftMerged(stored, refused, Object.fromEntries(choices.map(({ key, take }) => [key, take])));
}

function said(review, numbering) {
  if (!review) return { words: "no word", comment: "" };
  return { words: saidWords(review, numbering), comment: review.comment, absent: review.verdict === "rejected" };
}

function unsent(item, numbering) {
  return item ? said({ ...item, label: item.label || "no label yet" }, numbering) : { words: "nothing", comment: "" };
}

async function choose(items, words, onShow) {
  const open = items.filter((item) => item.kind !== "same");
  const chosen = new Map(open.map((item) => [item.key, item.take ?? "mine"]));
  const dialog = el("dialog", { class: "merge", "aria-label": words.title });
  const rows = open.map((item, index) => row(item, index, words, chosen, onShow));
  const parts = [
    el("h1", {}, words.title),
    rows.length ? el("div", { class: "merge-rows" }, rows) : el("p", {}, "Both say the same."),
    agreed(items),
    el("p", { class: "notice" }, words.note),
    keysHint(rows.length),
    el("form", { method: "dialog", class: "acts" }, el("button", { class: "button", value: "" }, words.leave, " ", el("kbd", {}, "Esc")), el("button", { class: "button main", value: "take", disabled: !rows.length }, words.take, " ", el("kbd", {}, "Enter"))),
  ];
  dialog.append(...parts.filter(Boolean));
  dialog.addEventListener("keydown", (event) => pressed(event, dialog, rows, open, chosen));
  document.body.append(dialog);
  const asked = ask(dialog);
  rows[0]?.querySelector("input:checked")?.focus();
  const answer = await asked;
  dialog.remove();
  return answer === "take" ? open.map(({ key }) => ({ key, take: chosen.get(key) })) : null;
}

function row(item, index, words, chosen, onShow) {
  const column = (side) => el("div", { class: "merge-side", "data-side": side, "data-absent": item.sides[side].absent ?? null }, el("span", { class: "merge-name" }, words[side]), el("span", {}, item.sides[side].words), item.sides[side].comment ? el("span", { class: "faint" }, `“${item.sides[side].comment}”`) : null);
  const legend = el("legend", {}, el("b", {}, item.title), " ", el("span", { class: "merge-kind" }, KINDS[item.kind]), item.words.length ? el("span", { class: "muted" }, ` · ${item.words.join(" · ")}`) : null);
  const radios = item.takes.filter((take) => WORDS[item.kind][take]).map((take) => {
    const id = `merge-${index}-${take}`;
    const input = el("input", { type: "radio", class: "visually-hidden", name: `merge-${index}`, id, value: take, checked: chosen.get(item.key) === take, onchange: () => chosen.set(item.key, take) });
    return el("span", { class: "correction-choice" }, input, el("label", { for: id }, WORDS[item.kind][take]));
  });
  const element = el("fieldset", { class: "merge-row" }, legend, el("div", { class: "merge-sides" }, column("mine"), column("theirs")), el("div", { class: "correction-choices" }, radios));
  element.addEventListener("focusin", () => onShow(item));
  return element;
}

function agreed(items) {
  const same = items.filter((item) => item.kind === "same");
  if (!same.length) return null;
  return el("p", { class: "muted" }, `You agree on ${same.map((item) => item.sides.mine.words).join("; ")}.`);
}

function keysHint(rows) {
  if (!rows) return null;
  const key = (name, words) => [el("kbd", {}, name), ` ${words} `];
  return el("p", { class: "notice" }, ...key("↑", ""), ...key("↓", "item ·"), ...key("M", "mine ·"), ...key("T", "theirs ·"), ...key("B", "both"));
}

/** Arrows walk through the items, M, T and B choose, Enter takes; the page hears none of it. */
function pressed(event, dialog, rows, items, chosen) {
  event.stopPropagation();
  const at = rows.findIndex((one) => one.contains(document.activeElement));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const take = TAKE_KEYS[event.key.toLowerCase()];
  if (step) focusRow(rows[Math.min(rows.length - 1, Math.max(0, at + step))]);
  else if (take && at >= 0 && !event.ctrlKey) mark(rows[at], take, items[at], chosen);
  else if (event.key === "Enter" && !event.target.matches("button")) dialog.close(rows.length ? "take" : "");
  else return;
  event.preventDefault();
}

function focusRow(element) {
  element?.querySelector("input:checked")?.focus();
  element?.scrollIntoView({ block: "nearest" });
}

function mark(element, take, item, chosen) {
  const input = element.querySelector(`input[value="${take}"]`);
  if (!input) return;
  input.checked = true;
  input.focus();
  chosen.set(item.key, take);
}
