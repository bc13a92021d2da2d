/* The study page: original beside overlay, the rail, and one key for everything a reader does. */

import { ApiError } from "./api.mjs";
import { ask, pageData, role, settled, typing } from "./dom.mjs";
import { Live, liveMark } from "./live.mjs";
import { Toast, acts } from "./study/acts.mjs";
import { chooseLabel } from "./study/choose_label.mjs";
import { Ahead, Pictures, frameUrl, heatmapUrl, listWanted, loadStudy } from "./study/desk.mjs";
import { boxesOf, firstPlace, heatmapOf, isUpFront, linesOf, positivesByPlace, stepKey } from "./study/items.mjs";
import { actOf } from "./study/keys.mjs";
import { drawFrames, drawHandling, drawHeader, drawLists, drawModels, drawOthers, drawPatient, drawVerdict } from "./study/rail.mjs";
import { paintScale } from "./viewer/overlay.mjs";
import { Pair } from "./viewer/pair.mjs";
import { describe } from "./viewer/window.mjs";
import { label, probability } from "./words.mjs";

const OPACITY_STEP = 0.1;
const WINDOW_STEP = 10;
const REFRESH_SETTLE_MS = 80;
const VIEW_REMEMBERED = "second-reader.view";
const LOST = new Set([403, 404]);

const page = pageData();
const pictures = new Pictures();
const ahead = new Ahead(pictures);
const toast = new Toast();
const desk = role("study");
const remembered = JSON.parse(localStorage.getItem(VIEW_REMEMBERED) || "{}");

const state = {
  studyId: page.studyId,
  loaded: null,
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
};

const pair = new Pair({
  original: role("original"),
  overlay: role("overlay"),
  onChange: drawView,
  onPick: (item) => pick(item.key),
  onBox: boxDrawn,
});

/* ---- what is shown ---- */

const mine = () => state.loaded.reads.find((read) => read.mine) ?? null;
const lines = () => linesOf({ findings: state.loaded.findings, reviews: mine()?.reviews ?? [], ...state.place });
const instance = () => state.loaded.study.instances.find((one) => one.id === state.place.instanceId);
const chosenLine = () => lines().find((line) => line.key === state.chosen) ?? null;

function may(permission) {
  return page.may[permission] === true;
}

function draw() {
  const { loaded } = state;
  const positives = positivesByPlace(loaded.findings);
  const handling = {
    rerun: may("run_inference") ? rerun : null,
    cancel: may("cancel_inference") ? cancel : null,
    remove: may("delete_study") ? erase : null,
  };
  drawHeader(loaded);
  drawVerdict(loaded, handling);
  drawFrames({ study: loaded.study, place: state.place, positives, go });
  drawOthers(loaded);
  drawModels({ study: loaded.study, scaleTop: page.scaleTop });
  drawPatient(loaded);
  drawHandling({ study: loaded.study, caseTypes: page.caseTypes, acts: handling });
  drawFindings();
  drawActs();
}

function drawFindings() {
  const now = lines();
  if (!now.some((line) => line.key === state.chosen)) state.chosen = now.find((line) => isUpFront(line))?.key ?? null;
  drawLists({ lines: now, chosen: state.chosen, study: state.loaded.study, pick });
  drawOverlay();
}

function drawActs() {
  const signed = mine()?.state === "signed";
  const analysed = state.loaded.study.analysis.state === "analysed";
  role("acts").hidden = !may("review_study");
  desk.classList.toggle("correcting", state.correcting && !signed);
  desk.classList.toggle("unread", !analysed && !signed);
  for (const button of document.querySelectorAll("[data-act]")) {
    const act = button.dataset.act;
    if (["confirm", "correct", "draw", "reject", "relabel", "rebox", "sign"].includes(act)) button.disabled = signed || (act === "confirm" && !analysed);
    if (button.dataset.needs) button.hidden = !may(button.dataset.needs);
  }
  pressedMark("correct", state.correcting && !signed);
  const banner = role("banner");
  const outdated = signed && mine().study_version !== state.loaded.study.version;
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

/** The heatmap of the chosen finding; below its operating point only on demand, and then it is said. */
async function drawOverlay() {
  const now = lines();
  const line = chosenLine();
  const source = heatmapOf(line, now);
  const suppressed = Boolean(line && source && !isUpFront(line) && !state.demanded.has(line.key));
  const shown = state.heatmap && source && !suppressed;
  role("overlay-caption").textContent = caption(line, source, suppressed);
  role("demand").hidden = !(suppressed && state.heatmap);
  role("scale").hidden = !shown;
  const boxes = state.boxes ? boxesOf(now, state.chosen, boxWords) : [];
  const readers = boxes.filter((box) => box.mine);
  const peak = shown && line && !line.box && line.finding?.peak ? line.finding.peak : null;
  pair.showScene({ boxes: boxes.filter((box) => !box.mine), readerBoxes: readers, opacity: state.opacity, heatmap: null, peak });
  drawView();
  if (!shown) return;
  const asked = `${state.studyId} ${source.id}`;
  state.heatmapAsked = asked;
  try {
    const bitmap = await pictures.get(state.studyId, heatmapUrl(source.id));
    if (state.heatmapAsked === asked && state.chosen === line.key) pair.showScene({ heatmap: bitmap });
  } catch (error) {
    failed(error);
  }
}

function caption(line, source, suppressed) {
  if (!line) return state.loaded.study.analysis.state === "analysed" ? "no finding above threshold" : "not analysed";
  const name = label(line.label);
  if (suppressed) return `${name}: heatmap not shown, below the operating point`;
  if (!state.heatmap) return `${name} · heatmap off`;
  if (!source) return `${name} · no heatmap`;
  return isUpFront(line) ? name : `${name} · below its operating point, shown on demand`;
}

function boxWords(line) {
  const number = line.kind === "model" && line.verdict !== "corrected" ? ` ${probability(line.probability)}` : "";
  return `${label(line.label)}${number}${line.verdict === "rejected" ? " rejected" : ""}`;
}

function drawView() {
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
  const notices = one.notices.map((notice) => notice.message).join(" ");
  role("film-foot").textContent = [`${one.columns} × ${one.rows}`, spacing, notices].filter(Boolean).join(" · ");
  role("orientation").textContent = [one.laterality, one.view_position].filter(Boolean).join("\n");
}

async function showFilm() {
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
    performance.mark("film-shown");
  } catch (error) {
    message.textContent = error.message;
    message.hidden = false;
  } finally {
    clearTimeout(slow);
  }
}

/* ---- coming and going ---- */

const refresh = settled(REFRESH_SETTLE_MS, reload);
let live = null;

/** Hears of this study from now on, and of what happened to it since the page was made. */
function listen(studyId) {
  live?.stop();
  live = new Live({
    path: `/ws/studies/${studyId}/`,
    sequence: live?.last ?? page.sequence,
    onState: liveMark(role("live")),
    onEvents: (events) => events.some((event) => event.study_id === studyId) && refresh(),
  });
  live.start();
}

async function open(studyId, { push = true } = {}) {
  leaveModes();
  const held = ahead.take(studyId);
  state.studyId = studyId;
  try {
    state.loaded = await (held ?? loadStudy(studyId));
  } catch (error) {
    if (!(error instanceof ApiError) || !LOST.has(error.status)) return failed(error);
    toast.say("This study is not here any more.", { kind: "error" });
    return toWorklist();
  }
  if (push) history.pushState({ studyId }, "", `/studies/${studyId}/`);
  state.place = firstPlace(state.loaded.findings, state.loaded.study.instances);
  state.chosen = null;
  state.demanded.clear();
  state.changed = false;
  pair.showFilm(null, null);
  pair.setWindow({ ...pair.window, ...{ centre: 127.5, width: 255, inverted: false } });
  state.hadFindings = state.loaded.findings.length > 0;
  listen(studyId);
  draw();
  await showFilm();
  return lookAhead();
}

async function lookAhead() {
  try {
    const { next, waiting } = await ahead.prepare(state.studyId);
    state.next = next;
    role("next-name").textContent = next ? `: ${next.pseudonym}` : ": none";
    role("left").textContent = listWanted().lane === "to_read" ? `${waiting} to read` : "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    state.next = null;
  }
}

/** Fetched again after something happened; the place, the choice and the view stay. */
async function reload() {
  const before = state.loaded?.study.version;
  const studyId = state.studyId;
  try {
    const loaded = await loadStudy(studyId, { background: true });
    if (studyId !== state.studyId) return;
    state.loaded = loaded;
  } catch (error) {
    if (error instanceof ApiError && LOST.has(error.status)) return goneElsewhere();
    return failed(error);
  }
  if (before !== state.loaded.study.version) {
    const hadFindings = state.hadFindings;
    state.changed = Boolean(hadFindings);
    if (!hadFindings) state.place = firstPlace(state.loaded.findings, state.loaded.study.instances);
  }
  state.hadFindings = state.loaded.findings.length > 0;
  draw();
  return showFilm();
}

function goneElsewhere() {
  toast.say("This study was deleted.", { kind: "error" });
  setTimeout(toWorklist, 1500);
}

function toWorklist() {
  location.assign("/");
}

async function next() {
  if (!state.next) await lookAhead();
  if (state.next) await open(state.next.id);
  else toWorklist();
}

function go(place) {
  state.place = place;
  state.chosen = null;
  draw();
  showFilm();
}

function stepFrame(by) {
  const one = instance();
  const frame = state.place.frame + by;
  if (one && frame >= 0 && frame < one.frames) go({ instanceId: one.id, frame });
}

function stepImage(by) {
  const all = state.loaded.study.instances;
  const to = all[all.findIndex((one) => one.id === state.place.instanceId) + by];
  if (to) go({ instanceId: to.id, frame: 0 });
}

function pick(key) {
  state.chosen = key;
  drawFindings();
  drawActs();
}

function stepFinding(by) {
  const open_below = role("below-box").open;
  const keys = lines().filter((line) => line.kind === "added" || isUpFront(line) || open_below).map((line) => line.key);
  const key = stepKey(keys, state.chosen, by);
  if (key) pick(key);
}

/* ---- the reader's hand ---- */

/** One act at a time; what the server refuses is said, and the truth is fetched. */
async function act(call) {
  if (state.busy || !may("review_study")) return null;
  state.busy = true;
  try {
    return await call();
  } catch (error) {
    failed(error);
    if (error instanceof ApiError && error.status === 409) await reload();
    return null;
  } finally {
    state.busy = false;
  }
}

function failed(error) {
  if (error.name === "AbortError") return;
  toast.error(error);
}

async function confirm() {
  if (state.loaded.study.analysis.state !== "analysed") return toast.say("The models did not analyse this study: draw what you see, then sign with Enter.");
  return signed(() => acts.confirm(state.loaded.study), "Confirmed and signed");
}

function sign() {
  const analysed = state.loaded.study.analysis.state === "analysed";
  if (!state.correcting && analysed) return undefined;
  return signed(() => acts.sign(state.loaded.study), "Signed");
}

/** Signs and goes on to the next study; the undo comes back to this one. */
async function signed(call, words) {
  const { id, pseudonym } = state.loaded.study;
  const read = await act(call);
  if (!read) return;
  state.correcting = false;
  await next();
  toast.say(`${words}: ${pseudonym}`, { undo: () => undoSignature(id) });
}

async function undoSignature(studyId) {
  const undone = await act(() => acts.undo(studyId));
  if (!undone) return;
  if (studyId === state.studyId) await reload();
  else await open(studyId);
  toast.say("Undone: your read is open again.");
  lookAhead();
}

async function undo() {
  const fresh = toast.takeUndo();
  if (fresh) return fresh();
  const undone = await act(() => acts.undo(state.studyId));
  if (!undone) return undefined;
  toast.say(undone.act === "review" ? "Undone." : "Undone: your read is open again.");
  return reload();
}

function correct(on = !state.correcting) {
  state.correcting = on && mine()?.state !== "signed";
  drawActs();
}

async function reject() {
  const line = chosenLine();
  if (!line) return toast.say("Choose a finding first: Tab.");
  correct(true);
  const taken = line.kind === "added" || line.verdict === "rejected";
  const done = await act(async () => {
    if (taken) await acts.withdraw(line.review.id);
    else if (!(await acts.review(line.finding.id, { verdict: "rejected" }))) return null;
    return true;
  });
  return done ? reload() : undefined;
}

async function relabel() {
  const line = chosenLine();
  if (!line) return toast.say("Choose a finding first: Tab.");
  correct(true);
  const chosen = await chooseLabel({ title: `Not ${label(line.label)}, but`, labels: state.loaded.labels, current: line.label });
  if (!chosen || chosen === line.label) return undefined;
  return line.kind === "added" ? replaceAdded(line, { label: chosen }) : correctFinding(line, { label: chosen });
}

async function correctFinding(line, change) {
  const kept = { label: line.label, box: line.box };
  const done = await act(() => acts.review(line.finding.id, { verdict: "corrected", ...kept, ...change }));
  return done ? reload() : undefined;
}

/** What the reader drew is taken back and written again: records are never changed. */
async function replaceAdded(line, change) {
  const body = { instance_id: line.review.instance_id, frame: line.review.frame, label: line.label, box: line.box, ...change };
  const added = await act(async () => {
    await acts.withdraw(line.review.id);
    return acts.add(state.studyId, body);
  });
  if (added) state.chosen = added.id;
  return reload();
}

function startDrawing(purpose) {
  if (mine()?.state === "signed") return toast.say("You have signed this study. U opens it again.");
  if (purpose === "move" && !chosenLine()) return toast.say("Choose a finding first: Tab.");
  if (pair.drawing && state.purpose === purpose) return leaveModes();
  correct(true);
  state.purpose = purpose;
  pair.draw(true);
  const hint = role("draw-hint");
  hint.textContent = purpose === "move" ? `Draw the box of ${label(chosenLine().label)} · Esc leaves` : "Draw a box on either film, then say what it is · Esc leaves";
  hint.hidden = false;
  return drawView();
}

function leaveModes() {
  pair.draw(false);
  role("draw-hint").hidden = true;
  state.purpose = null;
  drawView();
}

async function boxDrawn(box) {
  const purpose = state.purpose;
  const line = chosenLine();
  pair.draft = box;
  pair.paint();
  if (purpose === "move" && line) {
    leaveModes();
    return line.kind === "added" ? replaceAdded(line, { box }) : correctFinding(line, { box });
  }
  const chosen = await chooseLabel({ title: "What is it?", labels: state.loaded.labels });
  leaveModes();
  if (!chosen) return undefined;
  const body = { instance_id: state.place.instanceId, frame: state.place.frame, label: chosen, box };
  const added = await act(() => acts.add(state.studyId, body));
  if (!added) return undefined;
  state.chosen = added.id;
  return reload();
}

async function rerun(caseType) {
  await guarded(() => acts.rerun(state.studyId, caseType), "The models look again.");
}

async function cancel() {
  await guarded(() => acts.cancel(state.studyId), "The analysis is cancelled.");
}

async function erase() {
  if ((await ask(role("delete-dialog"))) !== "delete") return;
  if (await guarded(() => acts.erase(state.studyId), "The study is deleted.")) toWorklist();
}

async function guarded(call, words) {
  try {
    await call();
  } catch (error) {
    failed(error);
    return false;
  }
  toast.say(words);
  state.hadFindings = false;
  reload();
  return true;
}

/* ---- keys and buttons ---- */

function remember() {
  const { heatmap, boxes, opacity } = state;
  localStorage.setItem(VIEW_REMEMBERED, JSON.stringify({ heatmap, boxes, opacity }));
}

function toggle(name) {
  state[name] = !state[name];
  remember();
  drawOverlay();
}

function setOpacity(value) {
  state.opacity = Math.min(1, Math.max(0, Math.round(value * 20) / 20));
  state.heatmap = true;
  remember();
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
  "toast-undo": () => toast.takeUndo()?.(),
  heatmap: () => toggle("heatmap"),
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

addEventListener("pageshow", (event) => event.persisted && location.reload());
await open(page.studyId, { push: false });
