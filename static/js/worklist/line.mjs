/* One line of the worklist, from the row that the server gave. */

import { el } from "../dom.mjs";
import { caseType, chip, duration, label, probability, reason } from "../words.mjs";

const FRESH_MS = 1600;

/** A line is made anew only when what it says has changed, so that focus and selection stay. */
export function lineOf(row, line, { chosen: isChosen, open }) {
  const said = JSON.stringify({ ...row, waiting_seconds: duration(row.waiting_seconds), fresh: undefined });
  const chosen = isChosen ? "true" : "false";
  if (line && line.said === said) {
    line.setAttribute("aria-selected", chosen);
    return line;
  }
  const made = el("tr", { "data-study": row.id, "aria-selected": chosen, onclick: () => open(row.id) }, ...cells(row));
  made.said = said;
  if (row.fresh) {
    made.classList.add("fresh");
    setTimeout(() => made.classList.remove("fresh"), FRESH_MS);
  }
  return made;
}

function cells(row) {
  const { kind, word } = chip({ triage: row.triage_class, state: row.analysis_state });
  return [
    el("td", {}, el("span", { class: `chip ${kind}`, title: reason(row.triage_reason) }, word)),
    el("td", { class: "num", "data-role": "waited" }, duration(row.waiting_seconds)),
    el("td", {}, el("a", { href: `/studies/${row.id}/`, tabindex: "-1" }, row.pseudonym), row.synthetic ? el("span", { class: "tag" }, "synthetic") : null),
    el("td", {}, caseType(row.case_type)),
    el("td", {}, row.site_name),
    el("td", { class: "say" }, ...says(row)),
    el("td", { class: "state" }, ...standing(row)),
    el("td", { class: "muted" }, row.why_here),
  ];
}

function says(row) {
  if (row.analysis_state === "waiting" || row.analysis_state === "analysing") return [el("span", { class: "faint" }, "…")];
  if (["not_analysed", "needs_human", "cancelled"].includes(row.analysis_state)) {
    return [el("span", { class: "faint" }, reason(row.analysis_reason) || "not analysed")];
  }
  const notice = row.analysis_reason ? el("span", { class: "faint" }, ` · ${reason(row.analysis_reason)}`) : null;
  if (!row.said.length) return [el("span", { class: "faint" }, "no finding above threshold"), notice];
  const boxes = row.said.reduce((sum, one) => sum + one.boxes, 0);
  const words = row.said.slice(0, 4).map((one) => `${label(one.label)} ${probability(one.probability)}`).join(", ");
  const rest = row.said.length > 4 ? ` and ${row.said.length - 4} more` : "";
  return [words + rest, boxes ? el("span", { class: "faint" }, ` · ${boxes} box${boxes > 1 ? "es" : ""}`) : null, notice];
}

function standing(row) {
  const words = { waiting: "in the queue", analysing: "analysing…" };
  if (words[row.analysis_state]) return [el("span", { class: "muted" }, words[row.analysis_state])];
  if (!row.reads.length) return ["ready"];
  return [row.reads.map((read) => {
    const who = read.mine ? "you" : read.by;
    return read.state === "signed" ? `signed by ${who}` : `opened by ${who}`;
  }).join(", ")];
}
