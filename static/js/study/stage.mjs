/* Puts films and what lies over them on the stage: layout, heatmap, outlines, boxes, captions. Decides nothing. */

import { el, role } from "../dom.mjs";
import { paintScale } from "../viewer/scale.mjs";
import { label, probability } from "../words.mjs";
import { boxesOf, heatmapOf, isUpFront, kindsDrawn, labelIsPositive, unboxedOf } from "./items.mjs";
import { stageOf } from "./layouts.mjs";
import { chosenLine, desk, failed, instance, isAnalysed, isSigned, isWithheld, lines, looks, lookKey, page, pictures, stack, state, viewer } from "./state.mjs";
import { around, positionIn } from "./stack.mjs";
import { heatmapUrl, outlineUrl } from "./study_data.mjs";
import { boxWords, caption, KEY_WORDS, pixelWords } from "./wording.mjs";

const MOST_AROUND = 24;

/** The captions of the panes, once, into the panes that the viewer made. */
export function panesFill() {
  for (const part of [...role("pane-parts").children]) viewer.pane(part.dataset.partOf).element.append(...part.children);
  role("pane-parts").remove();
}

export function drawStage() {
  const { layout, marks } = stageOf(state);
  if (viewer.layoutName !== layout) viewer.layout(layout);
  viewer.scene({ marks });
  desk.dataset.layout = layout;
  desk.dataset.marks = marks;
  pressed("original", state.original);
  pressed("prior", state.prior);
}

/** The heatmap of the chosen finding; below its operating point a grey outline, and the map only on demand. */
export async function drawOverlay() {
  const now = lines();
  const line = chosenLine();
  const source = heatmapOf(line, now);
  const suppressed = isSuppressed(line, source);
  const drawn = Boolean(state.heatmap && source);
  const shown = drawn && !suppressed;
  drawCaptions({ line, source, suppressed, shown });
  const boxes = boxesNow(now);
  const peak = shown && line && !line.box && line.finding?.peak ? line.finding.peak : null;
  viewer.scene({ boxes, peak });
  drawView();
  const outlines = drawOutlines(now, boxes);
  if (drawn) await drawHeatmap({ line, source, shown });
  else forgetHeatmap();
  await outlines;
}

function boxesNow(now) {
  if (!state.boxes) return [];
  const editable = !isSigned();
  const boxes = boxesOf(now, state.chosen, boxWords, (line) => probability(line.probability));
  return boxes.map((box) => ({ ...box, editable: editable && box.selected && page.may.review_study === true && (box.mine || state.correcting) }));
}

function forgetHeatmap() {
  state.heatmapAsked = null;
  viewer.scene({ heatmaps: [] });
}

async function drawHeatmap({ line, source, shown }) {
  const below = shown && !labelIsPositive(source);
  const url = heatmapUrl(source.id, { below });
  const asked = `${state.studyId} ${url}`;
  if (state.heatmapAsked !== asked) viewer.scene({ heatmaps: [] });
  state.heatmapAsked = asked;
  try {
    const bitmap = await pictures.get(state.studyId, url);
    if (state.heatmapAsked !== asked || state.chosen !== line.key) return;
    if (shown) role("scale-top").textContent = `+${bitmap.scaleTop}`;
    const { opacity, threshold } = looks.of(lookKey());
    viewer.scene({ heatmaps: [{ key: line.key, bitmap, opacity, threshold: shown ? threshold : 0, faint: below }] });
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
  if (!unboxed.length) return viewer.scene({ outlines: [] });
  try {
    const bitmaps = await Promise.all(unboxed.map((line) => pictures.get(state.studyId, outlineUrl(line.finding.id))));
    if (state.outlinesAsked !== asked) return undefined;
    const outlines = unboxed.map((line, index) => ({ key: line.key, bitmap: bitmaps[index], peak: line.finding.peak, text: boxWords(line), selected: line.key === state.chosen }));
    return viewer.scene({ outlines });
  } catch (error) {
    return failed(error);
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

function drawCaptions({ line, source, suppressed, shown }) {
  const demanded = line ? state.demanded.has(line.key) : false;
  const facts = { source, suppressed, heatmap: state.heatmap, demanded, analysed: isAnalysed(), withheld: isWithheld() };
  role("overlay-caption").textContent = caption(line, facts);
  role("withheld-caption").hidden = !isWithheld();
  role("demand").hidden = !(suppressed && state.heatmap);
  role("scale").hidden = !shown;
  role("map-controls").hidden = !source || isWithheld();
  role("caution").hidden = !(shown && source.caution);
  role("caution").textContent = shown ? source.caution ?? "" : "";
}

export function pressed(act, on) {
  for (const button of document.querySelectorAll(`[data-act="${act}"][aria-pressed]`)) button.setAttribute("aria-pressed", on ? "true" : "false");
}

const TOOL_ACTS = { magnifier: "magnify", length: "length", angle: "angle", rectangle: "rectangle", draw: "box" };

export function drawView() {
  const { opacity, threshold } = looks.of(state.loaded ? lookKey() : null);
  role("window").textContent = viewer.windowWords("study") || "…";
  role("opacity-text").textContent = state.heatmap ? `${Math.round(opacity * 100)} %` : "off";
  role("opacity").value = String(Math.round(opacity * 100));
  role("threshold-text").textContent = `${Math.round(threshold * 100)} %`;
  role("threshold").value = String(Math.round(threshold * 100));
  paintScale(role("scale-band"), page.colourStops, { threshold });
  pressed("heatmap", state.heatmap);
  pressed("boxes", state.boxes);
  pressed("invert", Boolean(viewer.state("study")?.inverted));
  pressed("cine", Boolean(viewer.playing));
  for (const [act, tool] of Object.entries(TOOL_ACTS)) pressed(act, viewer.toolName === tool);
}

function drawFilmFacts(one) {
  const spacing = one.pixel_spacing ? `${one.pixel_spacing.map((mm) => mm.toFixed(3)).join(" × ")} mm` : "no Pixel Spacing: lengths in pixels";
  const notices = [...new Set(one.notices.map((notice) => notice.message))].join(" ");
  const shape = viewer.shown("study")?.instance.id === one.id ? pixelWords(viewer.state("study").pixel) : "";
  role("film-foot").textContent = [`${one.columns} × ${one.rows}`, spacing, shape, notices].filter(Boolean).join(" · ");
  role("orientation").textContent = [one.laterality, one.view_position].filter(Boolean).join("\n");
  viewer.pane("original").element.setAttribute("aria-label", `Original: ${imageWords(one)}`);
  viewer.pane("overlay").element.setAttribute("aria-label", `With heatmap and boxes: ${imageWords(one)}`);
}

function imageWords(one) {
  return [one.modality, one.body_part_examined, one.view_position, one.laterality, `${one.columns} by ${one.rows}`].filter(Boolean).map(label).join(" ");
}

/** True once the film of the place stands on the screen. */
export async function showFilm() {
  const one = instance();
  if (!one) return false;
  drawFilmFacts(one);
  const { studyId } = state;
  const shown = viewer.shown("study");
  if (shown && state.shownAt && shown.instance.id === one.id && shown.frame === state.place.frame) return true;
  const places = stack();
  viewer.stack(places);
  try {
    const stands = await viewer.show({ instance: one, frame: state.place.frame }, { pane: "study" });
    if (!stands || studyId !== state.studyId) return false;
    fetchAround(places);
  } catch {
    return false; // the pane says why
  }
  state.shownAt ??= performance.now();
  drawFilmFacts(one);
  drawView();
  drawPresets();
  return true;
}

/** The frames around the one that stands, the nearest first: leafing on does not wait. */
async function fetchAround(places) {
  const { studyId, place } = state;
  for (const near of around(places, positionIn(places, place), MOST_AROUND)) {
    if (state.studyId !== studyId || state.place !== place) return;
    await viewer.prefetch(near.instance, near.frame);
  }
}

function drawPresets() {
  const presets = viewer.presets();
  const names = presets.map((one) => one.words).join("|");
  if (role("presets").dataset.names === names) return;
  role("presets").dataset.names = names;
  role("presets").replaceChildren(...presets.map((one, index) => el("button", { type: "button", "data-preset": index, onclick: () => viewer.preset(index) }, one.words)));
}
