/* What stands around the rows: figures, counts, what an empty list says, and what is said when nothing could be fetched. */

import { role } from "../dom.mjs";
import { emptyWords } from "./empty.mjs";
import { drawCounts, drawFigures } from "./figures.mjs";
import { filtersOf } from "./wanted.mjs";

const NAMES = ["urgent", "waiting", "oldest", "oldest-words", "median", "start", "empty", "empty-title", "empty-text", "fault", "fault-fact", "fault-text", "table", "rows", "say-head"];
const SAY = { administrative: "What to do", disagree: "Who disagrees on what" };

export class Screen {
  /** @param page {waitLimitSeconds}: the limit until a row brings that of its site */
  constructor({ page }) {
    this.page = page;
    this.parts = Object.fromEntries(NAMES.map((name) => [name, role(name)]));
    this.lanes = [...role("lanes").children];
    this.types = [...role("case-types").children];
  }

  /** Which lane and case type are chosen; before any answer is here. */
  wanted({ lane, case_type: type = "" }) {
    const press = (buttons, value) => buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.value === value ? "true" : "false"));
    press(this.lanes, lane);
    this.parts["say-head"].textContent = SAY[lane] ?? "The model says";
    press(this.types, type);
    this.lanes.find((button) => button.dataset.value === lane)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  figures(figures, { wanted, rows }) {
    const limits = [...rows.known.values()].map((row) => row.wait_limit_seconds).filter(Boolean);
    drawFigures(this.parts, figures, { limit: limits.length ? Math.min(...limits) : this.page.waitLimitSeconds });
    drawCounts(this.lanes, figures.lanes, wanted.lane);
    drawCounts(this.types, figures.case_types, wanted.case_type ?? "");
    this.parts.fault.hidden = true;
  }

  /** Another question is on its way: what stands there is about to go. */
  busy(is) {
    this.parts.table.setAttribute("aria-busy", is ? "true" : "false");
  }

  allowStart(allowed) {
    if (this.parts.start) this.parts.start.disabled = !allowed;
  }

  /** searched: what a search without a result says; null without a search. */
  empty({ wanted, rows, figures, searched, mayUpload }) {
    const empty = rows.size === 0;
    this.parts.empty.hidden = !empty;
    this.parts.table.classList.toggle("none", empty);
    this.allowStart(!empty);
    if (!empty) return;
    const filtered = Object.keys(filtersOf(wanted)).length > 0;
    const nothingAtAll = figures.lanes.all === 0 && !filtered;
    const words = searched ? { ...searched, offers: [] } : emptyWords({ lane: wanted.lane, filtered, nothingAtAll, mayUpload });
    this.parts["empty-title"].textContent = words.title;
    this.parts["empty-text"].textContent = words.text;
    for (const button of this.parts.empty.querySelectorAll("[data-offer]")) button.hidden = !words.offers.includes(button.dataset.offer);
  }

  /** Nothing could be fetched for the first time: what is so, and how to go on. */
  fault(error) {
    this.parts.fault.hidden = false;
    this.parts["fault-fact"].textContent = error.message;
    this.parts["fault-text"].textContent = error.remedy || "Nothing is lost. Try again; if it stays so, tell the administrator of your site.";
    this.parts.rows.replaceChildren();
  }
}
