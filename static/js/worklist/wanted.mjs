/* Pure: what the reader asked to see, as the address of the page, as words, and as the filters of the API: one set of names. */

import { caseType } from "../words.mjs";

export const FILTERS = ["triage", "state", "case_type", "site", "claim", "date_from", "date_to", "model_version", "disagreement", "mine"];
export const FIRST_LANE = "to_read";

export const TRIAGE = { urgent: "urgent", flagged: "flagged", normal: "normal", none: "no triage" };
export const STATES = {
  waiting: "in the queue",
  analysing: "being analysed",
  analysed: "analysed",
  not_analysed: "not analysed",
  needs_human: "needs a human",
  cancelled: "analysis cancelled",
};
export const CLAIM = { with: "with a claim", without: "without a claim" };

/** From an address's query; whatever is not ours is left out, so that nothing typed into an address travels on. */
export function wantedFrom(search, lanes) {
  const query = new URLSearchParams(search);
  const lane = lanes.includes(query.get("lane")) ? query.get("lane") : FIRST_LANE;
  const wanted = { lane };
  for (const name of FILTERS) if (query.get(name)) wanted[name] = query.get(name).slice(0, 80);
  return wanted;
}

/** The address of the page that shows it; the plain one for the first lane without filters. */
export function addressOf(wanted) {
  const query = new URLSearchParams();
  if (wanted.lane !== FIRST_LANE) query.set("lane", wanted.lane);
  for (const name of FILTERS) if (wanted[name]) query.set(name, wanted[name]);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}

/** The filters alone, without the lane and without what is empty. */
export function filtersOf(wanted) {
  return Object.fromEntries(FILTERS.filter((name) => wanted[name]).map((name) => [name, wanted[name]]));
}

export function sameWanted(one, other) {
  return addressOf(one) === addressOf(other);
}

const DAY = { day: "numeric", month: "short", year: "numeric" };

function day(text) {
  const at = new Date(`${text}T00:00`);
  return Number.isNaN(at.getTime()) ? text : at.toLocaleDateString([], DAY);
}

/** The words of one filter, as they stand on its chip. */
export function filterWords(name, value, { sites = [], versions = [] } = {}) {
  const words = {
    triage: () => TRIAGE[value] ?? value,
    state: () => STATES[value] ?? value,
    case_type: () => caseType(value),
    site: () => sites.find((site) => site.id === value)?.name ?? "another site",
    claim: () => CLAIM[value] ?? "of one claim",
    date_from: () => `received from ${day(value)}`,
    date_to: () => `received until ${day(value)}`,
    model_version: () => `read by ${versions.find((version) => version.id === value)?.name ?? "another version"}`,
    disagreement: () => "somebody disagrees",
    mine: () => "mine",
  };
  return words[name]();
}
