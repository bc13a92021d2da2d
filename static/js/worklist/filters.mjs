/* Lanes, case types and sites beside the list, with how many studies each holds. */

import { el } from "../dom.mjs";
import { caseType } from "../words.mjs";

const LANES = [
  ["to_read", "To read"],
  ["mine", "Mine"],
  ["disagree", "Reader and model disagree"],
  ["needs_human", "Needs a human"],
  ["not_analysed", "Not analysed"],
  ["read_today", "Read today"],
  ["all", "All studies"],
];

const total = (counts) => Object.values(counts).reduce((sum, number) => sum + number, 0);

function filterButton(word, number, pressed, onclick) {
  const count = el("b", { class: number ? "" : "zero" }, String(number));
  return el("button", { type: "button", "aria-pressed": pressed ? "true" : "false", onclick }, el("span", {}, word), count);
}

/** want(change) is called with what was chosen; all named sites are shown, with a zero where nothing is. */
export function drawFilters({ parts, figures, wanted, sites: named, want }) {
  const { lanes, case_types: types, sites } = figures;
  const { lane, caseType: chosenType, site } = wanted;
  parts.lanes.replaceChildren(
    ...LANES.map(([code, word]) => filterButton(word, lanes[code], lane === code, () => want({ lane: code }))),
  );
  const known = Object.keys(types).filter((code) => types[code]).sort();
  if (chosenType && !known.includes(chosenType)) known.push(chosenType);
  parts["case-types"].replaceChildren(
    filterButton("All", total(types), !chosenType, () => want({ caseType: "" })),
    ...known.map((code) => filterButton(caseType(code), types[code] || 0, chosenType === code, () => want({ caseType: code }))),
  );
  parts["sites-box"].hidden = named.length < 2;
  parts.sites.replaceChildren(
    filterButton("All", total(sites), !site, () => want({ site: "" })),
    ...named.map((one) => filterButton(one.name, sites[one.id] || 0, site === one.id, () => want({ site: one.id }))),
  );
}
