/* Earlier studies of the same patient: which there are, and the one that stands beside the film. */

import { ApiError } from "../api.mjs";
import { el, role } from "../dom.mjs";
import { bestPrior, priorWords } from "./prior_choice.mjs";
import { instance, state, toast, viewer } from "./state.mjs";
import { drawStage } from "./stage.mjs";
import { loadPriors } from "./study_data.mjs";

let asked = { studyId: null, coming: null };

export function fetchPriors() {
  const { studyId } = state;
  if (asked.studyId !== studyId) asked = { studyId, coming: arrive(studyId) };
  return asked.coming;
}

async function arrive(studyId) {
  try {
    const priors = await loadPriors(studyId);
    if (studyId === state.studyId) state.priors = priors;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    asked.studyId = null;
  }
  if (studyId === state.studyId) drawPriors();
}

export function drawPriors() {
  const priors = state.priors ?? [];
  role("priors-box").hidden = priors.length === 0;
  const shown = state.prior ? viewer.shown("prior")?.instance.id : null;
  const line = (prior) => {
    const on = prior.instances.some((one) => one.id === shown);
    return el("button", { type: "button", class: "button small quiet", "aria-pressed": on ? "true" : "false", onclick: () => showPrior(prior) }, priorWords(prior));
  };
  role("priors").replaceChildren(...priors.map(line));
}

/** V: beside the prior, and back. */
export async function togglePrior() {
  if (state.prior) return leavePrior();
  await fetchPriors();
  if (!state.priors?.length) return toast.say(state.priors ? "There is no earlier study of this patient that you may see." : "Earlier studies cannot be fetched now.");
  return showPrior(null);
}

function leavePrior() {
  state.prior = false;
  drawStage();
  drawPriors();
}

async function showPrior(prior) {
  const wanted = { caseType: state.loaded.study.case_type, view: instance()?.view_position };
  const best = bestPrior(prior ? [prior] : state.priors, wanted);
  if (!best) return;
  Object.assign(state, { prior: true, original: false });
  drawStage();
  await standPrior(best);
  drawPriors();
}

async function standPrior({ prior, instance: one }) {
  role("prior-caption").textContent = `Prior · ${priorWords(prior)}`;
  role("prior-none").hidden = true;
  await viewer.show({ instance: one, frame: 0 }, { pane: "prior" }).catch(() => false); // the pane says why
}

/** The other panes of the layout of four: the prior, and another image of this study. */
export async function fillQuad() {
  if (state.layout !== "quad" || state.original || state.prior) return;
  const other = state.loaded.study.instances.find((one) => one.id !== state.place.instanceId);
  none("extra", other ? "" : "This study has one image.");
  role("extra-caption").textContent = other ? ["Another image", other.view_position, other.laterality].filter(Boolean).join(" · ") : "";
  if (other) viewer.show({ instance: other, frame: 0 }, { pane: "extra" }).catch(() => false);
  else viewer.clear("extra");
  await fetchPriors();
  const best = bestPrior(state.priors ?? [], { caseType: state.loaded.study.case_type, view: instance()?.view_position });
  if (best) return standPrior(best);
  viewer.clear("prior");
  role("prior-caption").textContent = "Prior";
  return none("prior", "No earlier study of this patient.");
}

function none(pane, words) {
  role(`${pane}-none`).textContent = words;
  role(`${pane}-none`).hidden = !words;
}
