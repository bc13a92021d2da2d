/* Puts the state on the screen: rail, overlay, film. Decides nothing. */

import { el, role } from "../dom.mjs";
import { describe } from "../viewer/window.mjs";
import { label, probability } from "../words.mjs";
import { frameUrl, heatmapUrl, outlineUrl } from "./desk.mjs";
import { boxesOf, heatmapOf, isUpFront, kindsDrawn, labelIsPositive, positivesByPlace, unboxedOf } from "./items.mjs";
import { drawFrames, drawHandling, drawHeader, drawLists, drawModels, drawOthers, drawPatient, drawVerdict } from "./rail.mjs";
import { chosenLine, desk, failed, handle, instance, isAnalysed, isSigned, lines, may, mine, page, pair, pictures, state } from "./state.mjs";

const SUPPORT_WORDS = { box_only: " · box only", map_only: " · no box" };
const KEY_WORDS = { both: "label and box", box_only: "box only", map_only: "no box: outline of the map" };

export function draw() {
  const { loaded } = state;
  const positives = positivesByPlace(loaded.findings);
  const handling = {
    rerun: may("run_inference") ? handle.rerun : null,
    cancel: may("cancel_inference") ? handle.cancel : null,
    remove: may("delete_study") ? handle.erase : null,
  };
  drawHeader(loaded);
  drawVerdict(loaded, handling);
  drawFrames({ study: loaded.study, place: state.place, positives, go: handle.go });
  drawOthers(loaded);
  drawModels({ study: loaded.study });
  drawPatient(loaded);
  drawHandling({ study: loaded.study, caseTypes: page.caseTypes, acts: handling });
  drawFindings();
  drawActs();
}

export function drawFindings() {
  const now = lines();
  if (!now.some((line) => line.key === state.chosen)) state.chosen = now.find((line) => isUpFront(line))?.key ?? null;
  drawLists({ lines: now, chosen: state.chosen, study: state.loaded.study, pick: handle.pick });
  drawOverlay();
}

export function drawActs() {
  const signed = isSigned();
  const analysed = isAnalysed();
  role("acts").hidden = !may("review_study");
  desk.classList.toggle("correcting", state.correcting && !signed);
  desk.classList.toggle("unread", !analysed && !signed);
  for (const button of document.querySelectorAll("[data-act]")) {
    const act = button.dataset.act;
    if (["confirm", "correct", "draw", "reject", "relabel", "rebox", "sign"].includes(act)) button.disabled = signed || (act === "confirm" && !analysed);
    if (button.dataset.needs) button.hidden = !may(button.dataset.needs);
  }
  pressedMark("correct", state.correcting && !signed);
  role("confirm-words").textContent = confirmWords();
  const banner = role("banner");
  const outdated = signed && mine().study_version !== state.loaded.study.version;
  banner.dataset.kind = state.changed || outdated ? "warning" : "note";
  const words = [
    signed ? "You have signed this study. U opens it again." : "",
    outdated ? "Its findings changed after you signed." : "",
    state.changed && !signed ? "The findings changed while you were looking. Look again." : "",
  ].filter(Boolean).join(" ");
  banner.hidden = !words;
  banner.textContent = words;
}

function pressedMark(act, on) {
  for (const button of document.querySelectorAll(`[data-act="${act}"][aria-pressed]`)) button.setAttribute("aria-pressed", on ? "true" : "false");
}

/** Says what the key will do: how many findings stand if it is pressed. */
function confirmWords() {
  if (isSigned()) return "Signed";
  if (!isAnalysed()) return "Confirm";
  const judged = new Set((mine()?.reviews ?? []).map((review) => review.finding_id));
  const open = state.loaded.findings.filter((finding) => finding.positive && !judged.has(finding.id)).length;
  const findings = `${open} finding${open === 1 ? "" : "s"}`;
  if (mine()?.reviews.length) return open ? `Confirm the other ${findings}` : "Confirm and sign";
  return open ? `Confirm ${findings}` : "Confirm: no finding";
}

/** The heatmap of the chosen finding; below its operating point a grey outline, and the map only on demand. */
export async function drawOverlay() {
  const now = lines();
  const line = chosenLine();
  const source = heatmapOf(line, now);
  const suppressed = isSuppressed(line, source);
  const drawn = Boolean(state.heatmap && source);
  const shown = drawn && !suppressed;
  role("overlay-caption").textContent = caption(line, source, suppressed);
  role("demand").hidden = !(suppressed && state.heatmap);
  role("scale").hidden = !shown;
  role("caution").hidden = !(shown && source.caution);
  role("caution").textContent = shown ? source.caution ?? "" : "";
  const boxes = state.boxes ? boxesOf(now, state.chosen, boxWords, (line) => probability(line.probability)) : [];
  const readers = boxes.filter((box) => box.mine);
  const peak = shown && line && !line.box && line.finding?.peak ? line.finding.peak : null;
  pair.showScene({ boxes: boxes.filter((box) => !box.mine), readerBoxes: readers, opacity: state.opacity, heatmap: null, peak });
  drawView();
  drawOutlines(now, boxes);
  if (!drawn) return;
  const url = heatmapUrl(source.id, { below: shown && !labelIsPositive(source) });
  const asked = `${state.studyId} ${url}`;
  state.heatmapAsked = asked;
  try {
    const bitmap = await pictures.get(state.studyId, url);
    if (state.heatmapAsked !== asked || state.chosen !== line.key) return;
    if (shown) role("scale-top").textContent = `+${bitmap.scaleTop}`;
    pair.showScene({ heatmap: bitmap });
  } catch (error) {
    failed(error);
  }
}

/** What stands for the boxes of labels that have none, and the key to how everything on the film is drawn. */
async function drawOutlines(now, boxes) {
  const unboxed = state.boxes ? unboxedOf(now) : [];
  drawKey(kindsDrawn(boxes, unboxed));
  const asked = `${state.studyId} ${unboxed.map((line) => line.key).join(" ")}`;
  state.outlinesAsked = asked;
  try {
    const bitmaps = await Promise.all(unboxed.map((line) => pictures.get(state.studyId, outlineUrl(line.finding.id))));
    if (state.outlinesAsked !== asked) return;
    const outlines = unboxed.map((line, index) => ({ bitmap: bitmaps[index], peak: line.finding.peak, text: boxWords(line), selected: line.key === state.chosen }));
    pair.showScene({ outlines });
  } catch (error) {
    failed(error);
  }
}

function drawKey(kinds) {
  role("drawn-key").hidden = kinds.length === 0;
  role("drawn-key").replaceChildren(...kinds.map((kind) => el("span", {}, el("i", { class: "swatch", "data-support": kind, "aria-hidden": "true" }), KEY_WORDS[kind])));
}

/** Below its operating point a label's map is an outline, until it is asked for or the label was judged. */
function isSuppressed(line, source) {
  if (!line || !source || labelIsPositive(source)) return false;
  return (Boolean(source.second) || !isUpFront(line)) && !state.demanded.has(line.key);
}

/** The chosen finding is below its operating point, and its map has not been asked for. */
export function mapIsSuppressed() {
  const line = chosenLine();
  return state.heatmap && isSuppressed(line, heatmapOf(line, lines()));
}

function caption(line, source, suppressed) {
  if (!line) return isAnalysed() ? "no finding above threshold" : "not analysed";
  const name = `${label(line.label)}${SUPPORT_WORDS[line.support] ?? ""}`;
  if (!state.heatmap) return name;
  if (suppressed) return isUpFront(line) ? name : `${name} · no finding above threshold`;
  if (!source) return `${name} · no heatmap`;
  if (state.demanded.has(line.key)) return `${name} · below threshold, shown because you asked`;
  return isUpFront(line) ? name : `${name} · below threshold`;
}

function boxWords(line) {
  if (line.verdict === "corrected" || line.kind !== "model") return label(line.label);
  const said = line.verdict === "rejected" ? " rejected" : SUPPORT_WORDS[line.support] ?? (line.positive ? "" : " · below threshold");
  return `${label(line.label)} ${probability(line.probability)}${said}`;
}

export function drawView() {
  role("window").textContent = describe(pair.window);
  role("opacity-text").textContent = state.heatmap ? `${Math.round(state.opacity * 100)} %` : "off";
  role("opacity").value = String(Math.round(state.opacity * 100));
  pressedMark("heatmap", state.heatmap);
  pressedMark("boxes", state.boxes);
  pressedMark("invert", pair.window.inverted);
  pressedMark("draw", pair.drawing);
}

function drawFilmFacts(one) {
  const spacing = one.pixel_spacing ? `${one.pixel_spacing.map((mm) => mm.toFixed(3)).join(" × ")} mm` : "no Pixel Spacing: lengths in pixels";
  const notices = [...new Set(one.notices.map((notice) => notice.message))].join(" ");
  role("film-foot").textContent = [`${one.columns} × ${one.rows}`, spacing, notices].filter(Boolean).join(" · ");
  role("orientation").textContent = [one.laterality, one.view_position].filter(Boolean).join("\n");
}

export async function showFilm() {
  const one = instance();
  const message = role("film-message");
  if (!one) return;
  drawFilmFacts(one);
  const wanted = frameUrl(one.id, state.place.frame);
  const slow = setTimeout(() => { message.textContent = "Loading the film"; message.hidden = false; }, 250);
  try {
    const bitmap = await pictures.get(state.studyId, wanted);
    if (frameUrl(state.place.instanceId, state.place.frame) !== wanted) return;
    pair.showFilm(bitmap, { width: one.columns, height: one.rows });
    message.hidden = true;
    state.shownAt ??= performance.now();
  } catch (error) {
    message.textContent = error.message;
    message.hidden = false;
  } finally {
    clearTimeout(slow);
  }
}
