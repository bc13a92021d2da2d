/* What the page module and its parts share: the study that is open, what is chosen in it, and how it is looked at. */

import { pageData, role } from "../dom.mjs";
import { Toast } from "../toast.mjs";
import { Pair } from "../viewer/pair.mjs";
import { Ahead, Pictures } from "./desk.mjs";
import { linesOf } from "./items.mjs";

const VIEW_REMEMBERED = "second-reader.view";
const remembered = JSON.parse(localStorage.getItem(VIEW_REMEMBERED) || "{}");

export const page = pageData();
export const pictures = new Pictures();
export const ahead = new Ahead(pictures);
export const toast = new Toast();
export const desk = role("study");

export const state = {
  studyId: page.studyId,
  loaded: null,
  next: null,
  looking: null,
  place: { instanceId: null, frame: 0 },
  chosen: null,
  demanded: new Set(),
  heatmap: remembered.heatmap ?? true,
  boxes: remembered.boxes ?? true,
  opacity: remembered.opacity ?? 0.6,
  correcting: false,
  purpose: null,
  busy: false,
  changed: false,
  hadFindings: false,
  shownAt: null,
};

/** What the drawn parts call when they are clicked; the page module fills it in. */
export const handle = {};

export const pair = new Pair({
  original: role("original"),
  overlay: role("overlay"),
  onChange: () => handle.viewChanged(),
  onPick: (item) => handle.pick(item.key),
  onBox: (box) => handle.boxDrawn(box),
});

export const mine = () => state.loaded.reads.find((read) => read.mine) ?? null;
export const lines = () => linesOf({ findings: state.loaded.findings, reviews: mine()?.reviews ?? [], ...state.place });
export const instance = () => state.loaded.study.instances.find((one) => one.id === state.place.instanceId);
export const chosenLine = () => lines().find((line) => line.key === state.chosen) ?? null;
export const isAnalysed = () => state.loaded.study.analysis.state === "analysed";
export const isSigned = () => mine()?.state === "signed";

export function may(permission) {
  return page.may[permission] === true;
}

/** How a reader likes to look stays on this computer. */
export function rememberView() {
  const { heatmap, boxes, opacity } = state;
  localStorage.setItem(VIEW_REMEMBERED, JSON.stringify({ heatmap, boxes, opacity }));
}

export function failed(error) {
  if (error.name !== "AbortError") toast.error(error);
}
