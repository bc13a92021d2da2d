/* What the page module and its parts share: the study that is open, what is chosen in it, and how it is looked at. */

import { pageData, role } from "../dom.mjs";
import { Toast } from "../toast.mjs";
import { Viewer } from "../viewer/viewer.mjs";
import { Ahead } from "./ahead.mjs";
import { linesOf } from "./items.mjs";
import { Looks } from "./layouts.mjs";
import { Path } from "./path.mjs";
import { stackOf } from "./stack.mjs";
import { Pictures, heatmapUrl, loadStudy, outlineUrl } from "./study_data.mjs";
import { Unsent } from "./unsent.mjs";

const VIEW_REMEMBERED = "second-reader.view";
const remembered = JSON.parse(localStorage.getItem(VIEW_REMEMBERED) || "{}");

export const page = pageData();
export const pictures = new Pictures();
export const toast = new Toast();
export const unsent = new Unsent(page.readerId);
export const path = new Path();
export const looks = new Looks(remembered);
export const desk = role("study");

export const state = {
  studyId: page.studyId,
  loaded: null,
  hand: [],
  waiting: null,
  looking: null,
  place: { instanceId: null, frame: 0 },
  chosen: null,
  demanded: new Set(),
  heatmap: remembered.heatmap ?? true,
  boxes: remembered.boxes ?? true,
  layout: page.preferences.layout,
  original: false,
  prior: false,
  priors: null,
  correcting: false,
  panel: false,
  purpose: null,
  busy: false,
  actsHere: 0,
  changed: false,
  hadFindings: false,
  shownAt: null,
  keys: page.preferences.keys,
};

/** What the drawn parts call when they are clicked or hear of something; the page module fills it in. */
export const handle = {};

export const viewer = new Viewer({
  room: role("viewer"),
  colourStops: page.colourStops,
  onChange: (film) => handle.viewChanged?.(film),
  onPick: (key) => handle.pick?.(key),
  onBox: (box) => handle.boxDrawn?.(box),
  onBoxEdited: (key, box) => handle.boxEdited?.(key, box),
  onFrame: (frame, film, shown) => handle.frameShown?.(frame, film, shown),
  onMeasured: (list) => handle.measured?.(list),
  onTool: (name) => handle.toolChanged?.(name),
  onPlaying: (on) => handle.playing?.(on),
});

export const ahead = new Ahead({
  load: (studyId) => loadStudy(studyId, { background: true }),
  prefetch: (instance, frame) => viewer.prefetch(instance, frame),
  picture: (studyId, kind, findingId) => pictures.get(studyId, kind === "map" ? heatmapUrl(findingId) : outlineUrl(findingId), { background: true }),
  heard: () => handle.heard(),
});

export const mine = () => state.loaded.reads.find((read) => read.mine) ?? null;
export const lines = () => linesOf({ findings: state.loaded.findings, reviews: mine()?.reviews ?? [], ...state.place });
export const instance = () => state.loaded.study.instances.find((one) => one.id === state.place.instanceId);
export const stack = () => stackOf(state.loaded.study.instances, state.place.instanceId);
export const chosenLine = () => lines().find((line) => line.key === state.chosen) ?? null;
export const isAnalysed = () => state.loaded.study.analysis.state === "analysed";
export const isWithheld = () => Boolean(state.loaded.withheld);
export const isSigned = () => mine()?.state === "signed";
export const lookKey = () => chosenLine()?.finding?.id ?? null;

export function may(permission) {
  return page.may[permission] === true;
}

/** What stands on the side of the reader: words for somebody who does not see the screen. */
export function announce(words) {
  role("announcer").textContent = words;
}

/** How a reader likes to look stays on this computer; keys and layout are on the server. */
export function rememberView() {
  const { heatmap, boxes } = state;
  localStorage.setItem(VIEW_REMEMBERED, JSON.stringify({ heatmap, boxes, ...looks.last }));
}

export function failed(error) {
  if (error.name !== "AbortError") toast.error(error);
}
