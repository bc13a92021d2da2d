/* The study page: one key, one button, for everything a reader does; the parts under study/ do it. */

import { tellOfActivity } from "./activity.mjs";
import { ask, role, typing } from "./dom.mjs";
import { go, next, open, pick, stepFinding, stepFrame, stepImage, toWorklist } from "./study/coming.mjs";
import { drawOverlay, drawView, mapIsSuppressed } from "./study/draw.mjs";
import { boxDrawn, cancel, confirm, correct, erase, leaveModes, reject, relabel, rerun, sign, startDrawing, undo } from "./study/hand.mjs";
import { actOf } from "./study/keys.mjs";
import { handle, may, page, pair, rememberView, state, toast } from "./study/state.mjs";
import { paintScale } from "./viewer/overlay.mjs";

const OPACITY_STEP = 0.1;
const WINDOW_STEP = 10;

Object.assign(handle, { boxDrawn, cancel, erase, go, leaveModes, pick, rerun, viewChanged: drawView });

function toggle(name) {
  state[name] = !state[name];
  rememberView();
  drawOverlay();
}

function setOpacity(value) {
  state.opacity = Math.min(1, Math.max(0, Math.round(value * 20) / 20));
  state.heatmap = true;
  rememberView();
  drawOverlay();
}

function demand() {
  if (state.chosen) state.demanded.add(state.chosen);
  state.heatmap = true;
  drawOverlay();
}

function windowBy(width, centre) {
  pair.setWindow({ ...pair.window, width: Math.min(512, Math.max(2, pair.window.width + width)), centre: Math.min(255, Math.max(0, pair.window.centre + centre)) });
}

function leave() {
  if (pair.drawing) leaveModes();
  else if (state.correcting) correct(false);
  else toast.hide();
}

const ACTS = {
  confirm,
  sign,
  reject,
  relabel,
  undo,
  next,
  leave,
  demand,
  correct: () => correct(),
  rebox: () => startDrawing("move"),
  draw: () => startDrawing("add"),
  heatmap: () => (mapIsSuppressed() ? demand() : toggle("heatmap")),
  boxes: () => toggle("boxes"),
  fainter: () => setOpacity(state.opacity - OPACITY_STEP),
  stronger: () => setOpacity(state.opacity + OPACITY_STEP),
  invert: () => pair.setWindow({ ...pair.window, inverted: !pair.window.inverted }),
  fit: () => pair.reset(),
  closer: () => pair.zoom(1.25),
  further: () => pair.zoom(0.8),
  narrower: () => windowBy(-WINDOW_STEP, 0),
  wider: () => windowBy(WINDOW_STEP, 0),
  darker: () => windowBy(0, WINDOW_STEP / 2),
  brighter: () => windowBy(0, -WINDOW_STEP / 2),
  worklist: toWorklist,
  keys: () => ask(role("keys")),
  previousFrame: () => stepFrame(-1),
  nextFrame: () => stepFrame(1),
  previousImage: () => stepImage(-1),
  nextImage: () => stepImage(1),
  nextFinding: () => stepFinding(1),
  previousFinding: () => stepFinding(-1),
};

const READERS_ONLY = new Set(["confirm", "sign", "reject", "relabel", "rebox", "draw", "correct", "undo"]);

function perform(name) {
  if (!state.loaded || (READERS_ONLY.has(name) && !may("review_study"))) return;
  ACTS[name]?.();
}

function pressed(event) {
  if (typing(event)) return;
  const name = actOf(event);
  if (!name) return;
  if (name === "sign" && event.target.closest("button, a, summary") && !event.target.matches(".finding")) return;
  if (event.target.matches('input[type="range"]') && event.key.startsWith("Arrow")) return;
  if (event.repeat && READERS_ONLY.has(name)) return;
  event.preventDefault();
  perform(name);
}

addEventListener("keydown", pressed);
addEventListener("popstate", () => {
  const id = location.pathname.split("/")[2];
  if (id) open(id, { push: false });
});
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => {
    button.blur();
    perform(button.dataset.act);
  });
}
role("opacity").addEventListener("input", (event) => setOpacity(Number(event.target.value) / 100));
paintScale(role("scale-band"), page.colourStops);

tellOfActivity();
addEventListener("pageshow", (event) => event.persisted && location.reload());
await open(page.studyId, { push: false });
