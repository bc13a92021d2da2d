/* One line of the worklist, from the row that the server gave. */

import { el } from "../dom.mjs";
import { caseType, chip, duration, label, limitWords, probability, reason } from "../words.mjs";
import { administrativeWords } from "./administrative.mjs";
import { standing, withheld } from "./standing.mjs";

const FRESH_MS = 1600;

/** A line is written anew only when what it says has changed, so that focus and selection stay. */
export function lineOf(row, line, { open, lane }) {
  const said = JSON.stringify([lane, { ...row, waiting_seconds: duration(row.waiting_seconds), fresh: undefined }]);
  const made = line ?? el("tr", { "data-study": row.id, onclick: (event) => event.target.closest("a") || open(row.id) });
  if (made.said === said) return made;
  const changed = made.lane === lane; // another lane says other things of the same study: nothing happened to it
  Object.assign(made, { said, lane });
  made.classList.toggle("gone", Boolean(row.gone));
  made.replaceChildren(...cells(row, lane));
  if (row.fresh || changed) flash(made, row);
  return made;
}

/** A quiet ground for a moment: this is new, or it has just changed. */
function flash(line, row) {
  row.fresh = false;
  line.classList.add("fresh");
  setTimeout(() => line.classList.remove("fresh"), FRESH_MS);
}

function cells(row, lane) {
  const { kind, word } = withheld(row) ? { kind: "withheld", word: "withheld" } : chip({ triage: row.triage_class, state: row.analysis_state });
  const about = [caseType(row.case_type), row.site_name].filter(Boolean).join(" · ");
  return [
    el("td", { class: "triage" }, el("span", { class: `chip ${kind}`, title: reason(row.triage_reason) }, word)),
    el("td", { class: "num wait" }, ...waiting(row)),
    el("td", { class: "study" }, studyLink(row), ...tags(row), el("small", {}, about)),
    el("td", { class: "type" }, caseType(row.case_type)),
    el("td", { class: "site" }, row.site_name),
    el("td", { class: "say" }, el("div", {}, ...says(row, lane))),
    el("td", { class: "state" }, ...standing(row), el("small", {}, row.why_here)),
    el("td", { class: "why muted", title: row.why_here }, row.why_here),
  ];
}

function studyLink(row) {
  return el("a", { href: `/studies/${row.id}/`, tabindex: "-1" }, row.pseudonym);
}

function tags(row) {
  return [
    row.claim ? el("span", { class: "tag" }, row.claim === "…" ? "claim" : `claim ${row.claim}`) : null,
    row.synthetic ? el("span", { class: "tag" }, "synthetic") : null,
  ];
}

/** The wait, and how much of the limit it has used up; past it, the bar is full and says so. */
function waiting(row) {
  const words = duration(row.waiting_seconds);
  const limit = row.wait_limit_seconds;
  if (!limit || row.reads.some((read) => read.state === "signed")) return [words];
  const share = Math.min(1, row.waiting_seconds / limit);
  const over = row.overdue || row.waiting_seconds > limit;
  const level = el("i", {});
  level.style.width = `${Math.round(share * 100)}%`;
  const said = over ? `past the limit of ${limitWords(limit)}` : `limit ${limitWords(limit)}`;
  return [words, el("span", { class: `wait-level${over ? " over" : ""}`, title: said }, level), over ? el("span", { class: "visually-hidden" }, said) : null];
}

function says(row, lane) {
  const faint = (text) => el("span", { class: "faint" }, text);
  const notice = row.analysis_reason ? faint(` · ${reason(row.analysis_reason)}`) : null;
  if (withheld(row) && lane !== "administrative") return [faint("withheld until you commit your own read"), notice];
  if (lane === "administrative") {
    const { act, fact } = administrativeWords(row);
    return [el("span", { class: "plain" }, act), faint(` · ${fact}`)];
  }
  if (lane === "disagree" && row.disagreement?.length) return [el("span", { class: "plain" }, row.disagreement.join("; "))];
  if (row.analysis_state === "waiting" || row.analysis_state === "analysing") return [faint("not analysed yet")];
  if (["not_analysed", "needs_human", "cancelled"].includes(row.analysis_state)) return [faint(reason(row.analysis_reason) || "not analysed")];
  return findings(row, faint, notice);
}

/** A film may be flagged as a whole while no single finding is above its point: then the reason stands first. */
function nothingSaid(row) {
  if (!["urgent", "flagged"].includes(row.triage_class)) return "no finding above threshold";
  return `${reason(row.triage_reason).split(" (")[0]}; no single finding above threshold`;
}

function findings(row, faint, notice) {
  if (!row.said.length) return [faint(nothingSaid(row)), notice];
  const boxes = row.said.reduce((sum, one) => sum + one.boxes, 0);
  const words = row.said.slice(0, 4).map((one) => `${label(one.label)} ${probability(one.probability)}`).join(", ");
  const rest = row.said.length > 4 ? ` and ${row.said.length - 4} more` : "";
  return [words + rest, boxes ? faint(` · ${boxes} box${boxes > 1 ? "es" : ""}`) : null, notice];
}
