/* The rail of a claim: what is billed beside what was found, findings by tooth, likenesses, models. */

import { el } from "../dom.mjs";
import { caseType, moment, probability, sentence } from "../words.mjs";

export const STANDINGS = {
  supported: { kind: "normal", word: "supported" },
  model_only: { kind: "withheld", word: "model only" },
  elsewhere: { kind: "none", word: "another tooth" },
  mixed: { kind: "disagree", word: "for and against" },
  contradicted: { kind: "flagged", word: "speaks against" },
  nothing: { kind: "none", word: "nothing found" },
  no_group: { kind: "none", word: "no group" },
};
export const ANSWERS = { same_film: "The same film", other_film: "Another film" };

/** "tooth 36 (19)". */
export function toothWords(tooth, teeth) {
  return tooth ? `tooth ${tooth} (${teeth[String(tooth)] ?? "?"})` : "no tooth named";
}

export function observationLine(one, teeth) {
  const said = one.verdict ? `${one.verdict} by ${one.reader}` : "no reader's word";
  const times = one.times > 1 ? `, ${one.times} times` : "";
  return el(
    "li",
    { class: one.verdict === "rejected" ? "faint" : null },
    el("b", {}, sentence(one.label)),
    `${times}, ${toothWords(one.tooth, teeth)}, film ${one.film}. `,
    el("span", { class: "muted" }, `${sentence(said)}. `),
    one.probability === null ? null : el("span", { class: "model" }, `${one.model} ${probability(one.probability)}`),
  );
}

/** Pure: what a model says several times of one film without a reader's word, as one line with its best probability. */
export function gathered(observations) {
  const lines = new Map();
  for (const [index, one] of observations.entries()) {
    const key = one.verdict || one.tooth ? index : `${one.label}|${one.film}|${one.model}`;
    const known = lines.get(key);
    const best = Math.max(known?.probability ?? 0, one.probability ?? 0);
    lines.set(key, known ? { ...known, times: known.times + 1, probability: best } : { ...one, times: 1 });
  }
  return [...lines.values()];
}

export function evidenceLine(one, teeth) {
  const standing = STANDINGS[one.standing];
  const { code, tooth, surface, date } = one.procedure;
  const billed = [tooth ? toothWords(tooth, teeth) : "", surface, date].filter(Boolean).join(", ");
  return el(
    "li",
    {},
    el("p", { class: "line" }, el("b", {}, code), el("span", {}, billed), el("span", { class: `chip ${standing.kind} push` }, standing.word)),
    el("p", { class: "muted" }, one.group ? `${one.group}: ` : "", one.words),
    details("For", one.speaking_for, teeth),
    details("Against", one.speaking_against, teeth),
    details("Elsewhere", one.elsewhere, teeth),
  );
}

function details(word, several, teeth) {
  if (!several.length) return null;
  return el("ul", { "aria-label": word }, gathered(several).map((one) => observationLine(one, teeth)));
}

/** A button for each likeness; chosen: the one that is on the screen. */
export function likenessLine(one, { chosen, onChoose }) {
  const said = one.word ? `${ANSWERS[one.word]}, ${one.said_by || "somebody"}, ${moment(one.said_at)}` : "nobody has looked";
  const chip = el("span", { class: `chip ${one.word ? "none" : "flagged"}` }, one.word ? "looked at" : "look");
  const words = [el("span", { class: "line" }, el("b", {}, `Film ${one.film}`), chip), el("span", {}, one.words), el("span", { class: "muted" }, said)];
  if (!one.other) return el("li", {}, el("div", { class: "likeness" }, words));
  const properties = { type: "button", class: "likeness", "aria-pressed": String(chosen), onclick: () => onChoose(one) };
  return el("li", {}, el("button", properties, words));
}

export function filmLine(film, { chosen, onChoose }) {
  const state = film.analysis_state === "analysed" ? "analysed" : film.analysis_state.replaceAll("_", " ");
  const read = film.read_by.length ? `read by ${film.read_by.join(", ")}` : "not read";
  const words = [
    el("b", {}, `Film ${film.number}`),
    el("span", {}, caseType(film.case_type)),
    el("span", { class: "muted" }, `${state}, ${film.withheld ? "model's word withheld" : read}`),
    film.resubmitted ? el("span", { class: "chip flagged" }, "under another claim") : null,
    film.synthetic ? el("span", { class: "tag" }, "synthetic") : null,
  ];
  const button = { type: "button", class: "film-line", "aria-pressed": String(chosen), onclick: () => onChoose(film) };
  return el("li", {}, el("button", button, words), el("a", { href: `/studies/${film.study_id}/`, class: "faint" }, `Open ${film.pseudonym}`));
}

export function modelLine(model) {
  return el("li", {}, `${model.name} ${model.version}, ${model.task}, `, el("code", { title: model.sha256 }, model.sha256.slice(0, 12)));
}

/** The boxes that are drawn on a film. */
export function boxesOf(film, observations) {
  const whose = { rejected: "rejected", corrected: "reader", added: "reader" };
  return observations
    .filter((one) => one.film === film.number && one.box)
    .map((one) => ({ ...one.box, whose: whose[one.verdict] ?? "model", words: one.tooth ? `${one.label} ${one.tooth}` : one.label }));
}
