/* One finding on the rail: what the models say of it, side by side, and what the reader said. Draws only. */

import { el, pageData } from "../dom.mjs";
import { label, probability, sentence } from "../words.mjs";
import { changedWords } from "./correct/diff_words.mjs";
import { isUpFront, labelIsPositive } from "./items.mjs";

const VERDICT_WORDS = { confirmed: "confirmed", corrected: "corrected", rejected: "rejected" };
const numbering = () => pageData().preferences.tooth_numbering;
const POINT_TITLE = "the probability from which on it counts as positive, with the sensitivity and specificity measured there";

export function findingCard(line, chosen, pick) {
  const classes = ["finding", line.kind === "model" && !isUpFront(line) ? "is-below" : ""].join(" ").trim();
  const place = { type: "button", tabindex: "-1", class: classes, "aria-current": chosen ? "true" : null, "data-verdict": line.verdict };
  return el("button", { ...place, onclick: () => pick(line.key) }, ...(line.finding ? modelCard(line) : addedCard(line)));
}

function addedCard(line) {
  const details = changedWords(line.review, numbering()).filter((words) => !words.startsWith("label"));
  return [el("b", {}, sentence(label(line.label))), el("small", {}, [line.box ? "drawn by you" : "whole frame, by you", ...details].join(" · "))];
}

function modelCard(line) {
  const { finding } = line;
  const name = el("b", {}, sentence(label(line.modelLabel)));
  if (!isUpFront(line)) return [name, el("em", {}, probability(line.probability)), bar(finding), el("small", {}, belowWords(finding))];
  const parts = finding.support ? [el("span", { class: "head" }, name, supportMark(finding)), ...sides(finding)] : [name, el("em", {}, probability(line.probability)), bar(finding)];
  if (line.verdict) parts.push(el("span", { class: "word" }, verdictWords(line)));
  if (finding.caution && labelIsPositive(finding)) parts.push(el("small", { class: "caution" }, finding.caution));
  return [...parts, ...smallPrint(finding)];
}

/** As the box on the film is drawn, and in words. */
function supportMark(finding) {
  const title = finding.agreement === null || finding.agreement === undefined ? null : `the highest value of the label's map inside the box is ${Math.round(finding.agreement * 100)} % of its highest in the frame`;
  return el("span", { class: "support", title }, el("i", { class: "swatch", "data-support": finding.support, "aria-hidden": "true" }), finding.support_words);
}

/** What box and label say of the same thing, side by side; the half that is missing says so. */
function sides(finding) {
  if (finding.support === "map_only") return [side("box", null), side("label", finding)];
  return [side("box", finding), side("label", finding.second)];
}

function side(name, said) {
  const value = said ? probability(said.probability) : "none";
  const below = said && !said.positive ? el("span", { class: "faint" }, " below") : null;
  return el("span", { class: said ? "side" : "side missing" }, el("span", {}, name), el("em", {}, value, below), bar(said));
}

function smallPrint(finding) {
  const { second } = finding;
  if (!second) return [el("small", { title: POINT_TITLE }, operatingPoint(finding)), el("small", {}, whereFrom(finding))];
  return [
    el("small", { title: POINT_TITLE }, `box: ${operatingPoint(finding)}`),
    el("small", { title: POINT_TITLE }, `label: ${operatingPoint(second)}`),
    el("small", {}, [finding.model, second.model].map((model) => `${model.name} ${model.version}`).join(" · ")),
  ];
}

function verdictWords(line) {
  const { review } = line;
  if (line.verdict !== "corrected") return `${VERDICT_WORDS[line.verdict]} by you`;
  return `corrected by you: ${changedWords(review, numbering()).join(", ")}`;
}

function operatingPoint(said) {
  if (said.operating_point === null) return "no operating point for this label";
  const parts = [`operating point ${probability(said.operating_point)}`];
  if (said.sensitivity !== null) parts.push(`sens ${probability(said.sensitivity)}`);
  if (said.specificity !== null) parts.push(`spec ${probability(said.specificity)}`);
  return parts.join(" · ");
}

function belowWords(finding) {
  const what = finding.box ? "box" : "label";
  const point = finding.operating_point === null ? "no operating point" : `below ${probability(finding.operating_point)}`;
  return `${what} · ${point} · ${finding.model.name}`;
}

function whereFrom(finding) {
  const what = finding.box ? (finding.heatmap ? "box and heatmap" : "box") : finding.heatmap ? "heatmap" : "no place given";
  return `${what} · ${finding.model.name} ${finding.model.version}`;
}

/** The probability with a tick at the operating point, drawn as SVG attributes: the page allows no inline style. */
function bar(said) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ class: "prob", viewBox: "0 0 100 11", preserveAspectRatio: "none", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  const rect = (x, y, width, height, kind) => {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x, y, width, height, class: kind })) shape.setAttribute(name, value);
    svg.append(shape);
  };
  rect(0, 3, 100, 5, "room");
  if (!said) return svg;
  rect(0, 3, Math.max(0.5, said.probability * 100), 5, "value");
  if (said.operating_point !== null) rect(Math.min(99, said.operating_point * 100), 0, 0.8, 11, "point");
  return svg;
}
