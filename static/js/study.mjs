/* The study page: one key, one button, for everything a reader does; the parts under study/ do it. */

import { tellOfActivity } from "./activity.mjs";
import { putJson } from "./api.mjs";
import { role, typing } from "./dom.mjs";
import { actOf } from "./study/bindings.mjs";
import { forgetRecent, frameShown, go, heard, lookAhead, next, open, pick, previous, release, stepFinding, stepFrame, stepImage, toWorklist } from "./study/coming.mjs";
import { accept, boxDrawn, boxEdited, correct, leaveModes, panel, panelFollow, reject, relabel, startDrawing, unsavedCorrection } from "./study/correcting.mjs";
import { draftStart, draftStop, draftTouch } from "./study/drafting.mjs";
import { drawFrames, playOrStop } from "./study/frames.mjs";
import { KeysDialog, printKeys } from "./study/keys_dialog.mjs";
import { nextLayout } from "./study/layouts.mjs";
import { drawMeasured } from "./study/measured.mjs";
import { fetchPriors, fillQuad, togglePrior } from "./study/priors.mjs";
import { clock, commit, fetchReading, secondOpinion } from "./study/reading.mjs";
import { confirm, sayUnsigned, sign, signaturesSettled, undo } from "./study/signing.mjs";
import { drawOverlay, drawStage, drawView, mapIsSuppressed, panesFill } from "./study/stage.mjs";
import { announce, failed, handle, lookKey, looks, may, page, rememberView, state, toast, unsent, viewer } from "./study/state.mjs";
import { cancel, erase, rerun } from "./study/study_acts.mjs";
import { asked } from "./study/timings.mjs";

const OPACITY_STEP = 0.1;
const LEASE_RENEWED_MS = 120000;

Object.assign(handle, {
  boxDrawn, boxEdited, cancel, commit, erase, forgetRecent, frameShown, go, heard, pick, rerun, unsavedCorrection,
  viewChanged: drawView,
  toolChanged: () => drawView(),
  measured: drawMeasured,
  playing: () => { drawView(); if (state.loaded) drawFrames(); },
  chose: () => panelFollow(),
  looked: clock.looked,
  touched: draftTouch,
  deciding: () => { clock.deciding(); draftStop({ signed: true }); },
  leaving,
  opened,
});

/** The study that was open is left: what is unsent is in the draft, modes end, the clock stops. */
function leaving() {
  draftStop();
  panel.close();
  leaveModes();
  viewer.pause();
  viewer.clearMeasurements("study");
}

/** A study stands on the screen: now what can wait is asked for. */
function opened(studyId) {
  clock.opened(studyId);
  lookAhead();
  fetchPriors();
  fetchReading(studyId);
  draftStart(studyId);
}

function toggle(name) {
  state[name] = !state[name];
  rememberView();
  drawOverlay();
  announce(`${name} ${state[name] ? "on" : "off"}`);
}

function look(change) {
  looks.change(lookKey(), change);
  state.heatmap = true;
  rememberView();
  drawOverlay();
}

const opacityBy = (step) => look({ opacity: looks.of(lookKey()).opacity + step });

function demand() {
  if (state.chosen) state.demanded.add(state.chosen);
  state.heatmap = true;
  drawOverlay();
}

function originalOnly() {
  state.original = !state.original;
  drawStage();
  clock.looked();
  announce(state.original ? "original only" : "overlay shown");
}

let layoutSaved = Promise.resolve();

/** One after the other, so that the last one stands; where it cannot be saved it holds here, and the next page may not know. */
function rememberLayout() {
  layoutSaved = layoutSaved.then(() => putJson("/api/preferences/", { layout: state.layout }, { background: true })).catch(() => {});
}

function changeLayout() {
  Object.assign(state, { layout: nextLayout(state.layout), original: false, prior: false });
  drawStage();
  fillQuad();
  announce(`layout ${state.layout}`);
  rememberLayout();
}

const tool = (name) => viewer.tool(viewer.toolName === name ? "pan" : name);

/** Esc leaves one thing at a time: the tool, the panel, original only, the prior, the message. */
function leave() {
  if (document.activeElement?.closest("[data-zone]")) document.activeElement.blur();
  else if (viewer.toolName !== "pan") { viewer.tool("pan"); leaveModes(); }
  else if (panel.isOpen) panel.close();
  else if (state.correcting) correct(false);
  else if (state.original) originalOnly();
  else if (state.prior) togglePrior();
  else toast.hide();
}

/** To what is decided; pressed again: to the tools, then to the top of the page. Tab goes on from each. */
function toControls() {
  const first = (place) => document.querySelector(`${place} button:not(:disabled)`);
  const doors = [first(".acts:not([hidden])"), first(".tools"), document.querySelector(".skip")].filter(Boolean);
  const at = doors.findIndex((door) => door.parentElement !== document.body && door.parentElement.contains(document.activeElement));
  doors[(at + 1) % doors.length].focus();
}

const ACTS = {
  confirm, sign, accept, reject, relabel, undo, leave, demand, previous,
  next: () => { asked(); return next(); },
  correct: () => correct(),
  second: secondOpinion,
  rebox: () => startDrawing("move"),
  draw: () => startDrawing("add"),
  heatmap: () => (mapIsSuppressed() ? demand() : toggle("heatmap")),
  boxes: () => toggle("boxes"),
  original: originalOnly,
  prior: togglePrior,
  layout: changeLayout,
  fainter: () => opacityBy(-OPACITY_STEP),
  stronger: () => opacityBy(OPACITY_STEP),
  invert: () => viewer.invert(),
  fit: () => viewer.reset(),
  actual: () => viewer.oneToOne(),
  turn: () => viewer.rotate(90),
  flip: () => viewer.flip("horizontal"),
  closer: () => viewer.zoom(1.25),
  further: () => viewer.zoom(0.8),
  narrower: () => viewer.windowBy(-2, 0),
  wider: () => viewer.windowBy(2, 0),
  darker: () => viewer.windowBy(0, 1),
  brighter: () => viewer.windowBy(0, -1),
  magnifier: () => tool("magnify"),
  length: () => tool("length"),
  angle: () => tool("angle"),
  rectangle: () => tool("rectangle"),
  cine: playOrStop,
  controls: toControls,
  worklist: () => signaturesSettled().then(toWorklist),
  keys: () => keys.show(),
  previousFrame: () => stepFrame(-1),
  nextFrame: () => stepFrame(1),
  previousImage: () => stepImage(-1),
  nextImage: () => stepImage(1),
  nextFinding: () => stepFinding(1),
  previousFinding: () => stepFinding(-1),
};
for (const number of [1, 2, 3, 4, 5]) ACTS[`preset${number}`] = () => viewer.preset(number - 1);

const READERS_ONLY = new Set(page.acts.filter((one) => one.needs === "review").map((one) => one.act));

function perform(name) {
  if (!state.loaded || (READERS_ONLY.has(name) && !may("review_study"))) return;
  Promise.resolve(ACTS[name]?.()).catch(failed);
}

/** Tab and Enter belong to a button that has the keyboard; a finding is no such button. */
function itsOwn(event, name) {
  const within = event.target.closest?.("[data-zone] button, [data-zone] a, [data-zone] summary, [data-zone] select, .bar button, .bar a, .bar summary, .connection button, .skip, .stage .pane, .stage button, .stage summary, .stage input");
  if (!within || within.matches(".finding") || !within.matches(":focus-visible")) return event.target.matches('input[type="range"], select') && event.key.startsWith("Arrow");
  if (within.matches(".pane")) return event.key === "Tab"; // a film does nothing of its own with Enter
  return event.key === "Tab" || event.key === "Enter" || name === null;
}

function pressed(event) {
  if (typing(event)) return undefined;
  if (event.key === "Escape" && viewer.toolName === "box") return leaveModes();
  if (viewer.key(event)) return undefined;
  const name = event.key === "Escape" ? "leave" : actOf(event, state.keys);
  if (!name || itsOwn(event, name)) return undefined;
  event.preventDefault();
  if (event.repeat && READERS_ONLY.has(name)) return undefined;
  handle.byKey = true;
  perform(name);
  handle.byKey = false;
  return undefined;
}

const keys = new KeysDialog({
  acts: page.acts,
  keys: state.keys,
  words: (act) => (act.startsWith("preset") ? viewer.presets()[Number(act.at(-1)) - 1]?.words ?? "" : ""),
  onChanged: (changed) => {
    state.keys = changed;
    printKeys(changed);
    toast.say("Your keys are saved.");
  },
});

/** Fetched only where something was left. */
const offered = () => import("./study/offered.mjs");

unsent.onSend = () => unsent.sendAgain().catch(failed);
unsent.onRefused = async (one, error) => (await offered()).refusedAgain(one, error);

addEventListener("keydown", pressed);
addEventListener("popstate", () => {
  const id = location.pathname.split("/")[2];
  if (id) open(id, { push: false });
});
addEventListener("pagehide", release);
setInterval(() => state.loaded && !document.hidden && lookAhead(), LEASE_RENEWED_MS);
addEventListener("pageshow", (event) => event.persisted && location.reload());
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => {
    if (button.matches(":focus") && !button.matches(":focus-visible")) button.blur();
    perform(button.dataset.act);
  });
}

/** What was chosen by mouse gives the keyboard back to the page. */
addEventListener("change", ({ target }) => target.matches("select") && !target.matches(":focus-visible") && target.blur());

panesFill();
printKeys(state.keys);
role("opacity").addEventListener("input", (event) => look({ opacity: Number(event.target.value) / 100 }));
role("threshold").addEventListener("input", (event) => look({ threshold: Number(event.target.value) / 100 }));
tellOfActivity();
await open(page.studyId, { push: false });
sayUnsigned();
if (unsent.waiting.length) offered().then(({ offerLeft }) => offerLeft()).catch(failed);
