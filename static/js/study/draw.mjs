/* Puts the state on the screen: bar, rail, acts. Decides nothing; stage.mjs does the films. */

import { el, role } from "../dom.mjs";
import { drawBlind } from "./blind.mjs";
import { drawFrames } from "./frames.mjs";
import { isUpFront } from "./items.mjs";
import { drawPriors, fillQuad } from "./priors.mjs";
import { drawHandling, drawHeader, drawLists, drawModels, drawOthers, drawPatient, drawVerdict } from "./rail.mjs";
import { drawOverlay, pressed } from "./stage.mjs";
import { chosenLine, desk, handle, isAnalysed, isSigned, isWithheld, lines, may, mine, page, state, viewer } from "./state.mjs";
import { bannerWords, confirmWords } from "./wording.mjs";

const NEED_OPEN = new Set(["confirm", "correct", "second", "draw", "accept", "reject", "relabel", "rebox", "sign"]);
const NEED_CHOICE = new Set(["accept", "reject", "relabel", "rebox"]);

export function draw() {
  const { loaded } = state;
  const handling = {
    rerun: may("run_inference") ? handle.rerun : null,
    cancel: may("cancel_inference") ? handle.cancel : null,
    remove: may("delete_study") ? handle.erase : null,
  };
  desk.dataset.loading = "false";
  drawHeader(loaded);
  drawVerdict(loaded, handling);
  drawBlind();
  drawFrames();
  drawOthers(loaded);
  drawModels({ study: loaded.study });
  drawPatient(loaded);
  drawPriors();
  drawHandling({ study: loaded.study, caseTypes: page.caseTypes, acts: handling });
  drawFindings();
  drawActs();
  fillQuad();
}

/** The places of a study that is not here yet: same sizes, no words of the one before. */
export function drawSkeleton() {
  desk.dataset.loading = "true";
  state.loaded = null;
  viewer.clear("study");
  viewer.scene({ heatmaps: [], boxes: [], outlines: [], peak: null });
  role("pseudonym").textContent = "…";
  role("about").textContent = "";
  for (const name of ["verdict", "said"]) role(name).replaceChildren(el("span", { class: "skeleton" }), el("span", { class: "skeleton" }));
  for (const name of ["below-box", "yours-box", "others-box", "reading-box", "priors-box", "measured-box", "blind", "banner", "frames"]) role(name).hidden = true;
  for (const name of ["models", "patient", "case-type-box"]) role(name).replaceChildren();
}

export function drawFindings() {
  const now = lines();
  if (!now.some((line) => line.key === state.chosen)) state.chosen = now.find((line) => isUpFront(line))?.key ?? null;
  drawLists({ lines: now, chosen: state.chosen, study: state.loaded.study, withheld: state.loaded.withheld, pick: handle.pick });
  drawOverlay();
}

export function drawActs() {
  const signed = isSigned();
  const analysed = isAnalysed();
  const withheld = isWithheld();
  role("acts").hidden = !may("review_study");
  desk.classList.toggle("correcting", state.correcting && !signed);
  desk.classList.toggle("paneled", state.panel);
  desk.classList.toggle("begun", !signed && Boolean(mine()?.reviews.length));
  desk.classList.toggle("unread", !analysed && !signed && !withheld);
  desk.classList.toggle("withheld", withheld && !signed);
  const chosen = chosenLine();
  for (const button of document.querySelectorAll("[data-act]")) {
    const { act } = button.dataset;
    if (NEED_OPEN.has(act)) button.disabled = signed || (act === "confirm" && !analysed && !withheld) || (NEED_CHOICE.has(act) && !chosen) || (act === "sign" && withheld);
    if (button.dataset.needs) button.hidden = !may(button.dataset.needs);
  }
  pressed("correct", state.correcting && !signed);
  role("correct-words").textContent = withheld && !signed ? "Or abnormal" : "Correct";
  role("confirm-words").textContent = confirmWords({ signed, analysed, withheld, findings: state.loaded.findings, reviews: mine()?.reviews ?? [] });
  drawBanner(signed);
}

function drawBanner(signed) {
  const outdated = signed && mine().study_version !== state.loaded.study.version;
  const words = bannerWords({ signed, outdated, changed: state.changed });
  const banner = role("banner");
  banner.dataset.kind = state.changed || outdated ? "warning" : "info";
  banner.hidden = !words;
  banner.textContent = words;
}
