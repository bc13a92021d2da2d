/* The rail beside the films: verdict, findings, readers, models, handling. Draws only; the page module decides. */

import { el, role } from "../dom.mjs";
import { caseType, chip, duration, label, moment, reason, sentence } from "../words.mjs";
import { findingCard } from "./card.mjs";
import { isUpFront } from "./items.mjs";

/** From here on only the chosen finding stands at length, so that all of them are in sight. */
const MOST_AT_LENGTH = 4;

const NOTHING = {
  waiting: "In the queue.",
  analysing: "The models are looking.",
  not_analysed: "Not analysed: the models say nothing about this study.",
  needs_human: "The models failed on this study: it needs a human.",
  cancelled: "The analysis was cancelled.",
};

export function drawHeader({ study }) {
  role("pseudonym").textContent = study.pseudonym;
  const { patient } = study;
  const born = patient.birth_date ? patient.birth_date.slice(0, 4) : null;
  const view = study.instances[0]?.view_position;
  const type = [caseType(study.case_type), view].filter(Boolean).join(" ");
  const about = [born, patient.sex, type, moment(study.received_at), study.site.name];
  role("about").textContent = about.filter(Boolean).join(" · ") + (study.synthetic ? " · synthetic" : "");
  role("waiting").textContent = `waiting ${duration(study.waiting_seconds)}`;
  document.title = `${study.pseudonym} · Second Reader`;
}

/** Chip, reason, and what can be done when the models said nothing. */
export function drawVerdict({ study, withheld }, acts) {
  const { state, reason: why } = study.analysis;
  if (withheld) {
    const said = why ? el("p", {}, sentence(reason(why))) : "";
    return role("verdict").replaceChildren(el("span", { class: "chip withheld" }, "withheld"), said);
  }
  const { kind, word } = chip({ triage: study.triage?.class, state });
  const parts = [el("span", { class: `chip ${kind}` }, word)];
  if (study.triage) parts.push(...whyTriage(reason(study.triage.reason)));
  if (state !== "analysed") parts.push(el("p", {}, NOTHING[state]));
  if (why) parts.push(el("p", {}, sentence(reason(why))));
  const buttons = [];
  if (acts.rerun && study.case_type && ["needs_human", "not_analysed", "cancelled"].includes(state)) {
    buttons.push(el("button", { type: "button", class: "button small", onclick: () => acts.rerun() }, "Run again"));
  }
  if (acts.cancel && ["waiting", "analysing"].includes(state)) {
    buttons.push(el("button", { type: "button", class: "button small", onclick: () => acts.cancel() }, "Cancel the analysis"));
  }
  if (buttons.length) parts.push(el("div", { class: "acts" }, buttons));
  return role("verdict").replaceChildren(...parts);
}

/** The first sentence says it; the rest is one click away. */
function whyTriage(text) {
  const [first, ...rest] = text.split(/(?<=\.) (?=[A-Z])/);
  const parts = [el("p", {}, sentence(first))];
  if (rest.length) parts.push(el("details", {}, el("summary", {}, "every reason"), el("p", {}, rest.join(" "))));
  return parts;
}

export function drawLists({ lines, chosen, study, withheld, pick }) {
  const analysed = study.analysis.state === "analysed" && !withheld;
  const upFront = lines.filter(isUpFront);
  const below = lines.filter((line) => line.kind === "model" && !isUpFront(line));
  const yours = lines.filter((line) => line.kind === "added");
  const card = (line) => findingCard(line, line.key === chosen, pick);
  const none = el("p", { class: "none" }, "No finding above threshold.");
  role("said").classList.toggle("many", upFront.length > MOST_AT_LENGTH);
  role("said-box").hidden = !analysed && upFront.length === 0;
  role("said").replaceChildren(...(upFront.length ? upFront.map(card) : [none]));
  role("below-box").hidden = below.length === 0;
  role("below-summary").textContent = `${below.length} below the operating point`;
  role("below").replaceChildren(...below.map(card));
  role("yours-box").hidden = yours.length === 0;
  role("yours").replaceChildren(...yours.map(card));
  if (below.some((line) => line.key === chosen)) role("below-box").open = true;
  if (role("correction").hidden) document.querySelector('.finding[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
}

export function drawOthers({ reads }) {
  const others = reads.filter((read) => !read.mine);
  role("others-box").hidden = others.length === 0;
  role("others").replaceChildren(...others.map(otherRead));
}

function otherRead(read) {
  const when = read.signed_at ? `signed ${moment(read.signed_at)}` : `reading since ${moment(read.begun_at)}`;
  const words = read.reviews.map((review) => `${label(review.label)} ${review.verdict}`);
  const second = read.second_read ? " · second read" : "";
  return el("p", {}, el("b", {}, read.by), el("span", { class: "muted" }, ` · ${when}${second}`), el("br"), words.join(", ") || "no finding of their own");
}

export function drawModels({ study }) {
  const lines = study.models.map((model) => el("p", { title: `sha256 ${model.sha256}` }, `${model.name} ${model.version}`, el("span", { class: "faint" }, ` · ${model.sha256.slice(0, 12)}`)));
  role("models").replaceChildren(...(lines.length ? lines : [el("p", {}, "no model")]));
}

export function drawPatient({ study }) {
  const { patient } = study;
  const facts = [
    ["Name", patient.name.replaceAll("^", " ").trim()],
    ["Patient ID", patient.patient_id],
    ["Born", patient.birth_date],
    ["Sex", patient.sex],
    ["Accession", study.accession_number],
    ["Study date", study.study_date],
    ["Description", study.description],
    ["Received", new Date(study.received_at).toLocaleString()],
    ["Sent in by", study.uploaded_by],
    ...study.instances.map((instance, index) => [study.instances.length > 1 ? `File ${index + 1}` : "File", instance.file_name]),
  ];
  role("patient").replaceChildren(...facts.filter(([, value]) => value).flatMap(([word, value]) => [el("dt", {}, word), el("dd", {}, value)]));
}

/** Case type with its reason; changing it runs the models again, by permission. */
export function drawHandling({ study, caseTypes, acts }) {
  const parts = [];
  if (acts.rerun) {
    const options = caseTypes.map((code) => el("option", { value: code, selected: code === study.case_type }, caseType(code)));
    if (!study.case_type) options.unshift(el("option", { value: "", selected: true }, "not known"));
    const select = el("select", { "aria-label": "Case type" }, ...options);
    const run = el("button", { type: "button", class: "button small", disabled: true, onclick: () => acts.rerun(select.value) }, "Run the models for it");
    select.addEventListener("change", () => { run.disabled = !select.value || select.value === study.case_type; });
    parts.push(el("div", { class: "line" }, select, run));
  } else {
    parts.push(el("p", {}, caseType(study.case_type)));
  }
  if (study.case_type_reason) parts.push(el("p", {}, study.case_type_reason));
  const more = [];
  for (const instance of study.instances.slice(0, 1)) {
    more.push(el("a", { class: "button small quiet", href: `/api/instances/${instance.id}/original/`, download: true }, "Download the original"));
  }
  if (acts.remove) more.push(el("button", { type: "button", class: "button small quiet danger", onclick: () => acts.remove() }, "Delete the study"));
  parts.push(el("div", { class: "line" }, more));
  role("case-type-box").replaceChildren(...parts);
}
