/* One line of the claims lane. */

import { el } from "../dom.mjs";
import { duration } from "../words.mjs";

const DECISIONS = { accept: "accepted", query: "queried", deny: "denied" };

/** Pure: "open", "denied by A. Examiner", "accepted by A. Examiner, sheet taken out". */
export function stateWords({ state, decision, decided_by: by }) {
  if (state === "open") return decision ? `open again, was ${DECISIONS[decision]}` : "open";
  return [by ? `${DECISIONS[decision]} by ${by}` : DECISIONS[decision], state === "exported" ? "sheet taken out" : ""].filter(Boolean).join(", ");
}

function flags({ flags: open, same }) {
  if (open) return el("span", { class: "chip flagged" }, open === 1 ? "1 likeness" : `${open} likenesses`);
  if (same) return el("span", { class: "chip human" }, same === 1 ? "1 same film" : `${same} same films`);
  return el("span", { class: "faint" }, "none");
}

export function claimRow(claim) {
  return el(
    "tr",
    { "data-id": claim.id, "aria-selected": "false" },
    el("th", { scope: "row" }, el("a", { href: `/claims/${claim.id}/` }, claim.number || "(number erased)")),
    el("td", { class: "num" }, duration(claim.waiting_seconds)),
    el("td", {}, flags(claim)),
    el("td", { class: "num" }, String(claim.images)),
    el("td", {}, claim.studies ? `${claim.analysed} of ${claim.studies}` : "–"),
    el("td", {}, claim.studies ? `${claim.read} of ${claim.studies}` : "–"),
    el("td", {}, stateWords(claim)),
    el("td", { class: "muted" }, claim.site),
  );
}
