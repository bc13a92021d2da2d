/* Coming and going: which study, which frame, which finding; what is in hand, and what happens meanwhile. */

import { oneAtATime, settled } from "../again.mjs";
import { ApiError, csrfToken } from "../api.mjs";
import { connection } from "../connection.mjs";
import { role } from "../dom.mjs";
import { Live } from "../live.mjs";
import { draw, drawActs, drawFindings, drawSkeleton } from "./draw.mjs";
import { drawFrames } from "./frames.mjs";
import { firstPlace, isUpFront, stepKey } from "./items.mjs";
import { ahead, announce, desk, failed, handle, instance, lines, looks, may, page, path, state, toast, viewer } from "./state.mjs";
import { positionIn, stackOf, stacksOf } from "./stack.mjs";
import { drawStage, showFilm } from "./stage.mjs";
import { listWanted, loadList, loadStudy, takeHand } from "./study_data.mjs";
import { painted } from "./timings.mjs";
import { isOffline } from "./unsent.mjs";
import { spoken } from "./wording.mjs";

const REFRESH_SETTLE_MS = 80;
const LOST = new Set([403, 404]);
const HAND_SIZE = 4;
const MOST_PASSED = 200;
const MOST_COUNTED = 1000;
const STILL_HERE = "What is here can be looked at; nothing can be signed or saved.";

const refresh = settled(REFRESH_SETTLE_MS, () => reload());
const recent = new Map();
const MOST_RECENT = 6;
let live = null;
let connected = null;
let first = true;

/** The last event that the page has heard of. */
export const heard = () => live?.last ?? page.sequence;

/** Hears of this study from now on, and of what happened to it since it was fetched. */
function listen(studyId, sequence) {
  connected ??= connection(role("live"), { holds: STILL_HERE, onNow: () => live?.soon(0) });
  live?.stop();
  live = new Live({
    path: `/ws/studies/${studyId}/`,
    sequence,
    onState: (now) => {
      desk.dataset.connection = now;
      connected(now);
    },
    onEvents: (events) => events.some((event) => event.study_id === studyId && !event.kind.startsWith("lease.")) && refresh(),
  });
  live.start();
}

/** Everything that belongs to the study that is left. */
function letGo() {
  handle.leaving();
  delete desk.dataset.shown;
  if (state.loaded) keepRecent(state.studyId, state.loaded);
  Object.assign(state, { shownAt: null, correcting: false, panel: false, chosen: null, changed: false, prior: false, priors: null, original: false, actsHere: 0, looking: null });
  state.demanded.clear();
  looks.forget();
}

function keepRecent(studyId, loaded) {
  recent.delete(studyId);
  recent.set(studyId, loaded);
  if (recent.size > MOST_RECENT) recent.delete(recent.keys().next().value);
}

export function forgetRecent(studyId) {
  recent.delete(studyId);
}

/** Opens a study: at once when it is in hand; one that was left a moment ago stands there at once too, and is then fetched anew. */
export async function open(studyId, { push = true } = {}) {
  letGo();
  state.studyId = studyId;
  path.visit(studyId);
  const held = ahead.take(studyId);
  const known = held ? null : recent.get(studyId) ?? null;
  const sequence = held?.sequence ?? heard();
  if (push) history.pushState({ studyId }, "", `/studies/${studyId}/`);
  if (!held?.value && !known) drawSkeleton();
  try {
    const loaded = held?.value ?? known ?? (await (held?.loading ?? loadStudy(studyId)));
    if (studyId !== state.studyId) return;
    state.loaded = loaded;
  } catch (error) {
    if (studyId === state.studyId) cannotOpen(studyId, error);
    return;
  }
  await show(studyId, sequence);
  if (known && studyId === state.studyId) await reload();
  if (studyId === state.studyId) handle.opened(studyId);
}

async function show(studyId, sequence) {
  const { study, findings } = state.loaded;
  state.place = firstPlace(findings, study.instances);
  state.hadFindings = findings.length > 0;
  listen(studyId, sequence);
  drawStage();
  draw();
  await stand();
}

/** The film of the place, on the screen; the first one of a study is what its reader waited for. */
async function stand() {
  const { studyId } = state;
  const stands = await showFilm();
  if (!stands || studyId !== state.studyId || desk.dataset.shown === studyId) return;
  desk.dataset.shown = studyId;
  painted({ first });
  first = false;
  announce(`${state.loaded.study.pseudonym} is open.`);
}

function cannotOpen(studyId, error) {
  if (!(error instanceof ApiError) || !LOST.has(error.status)) return failed(error);
  path.forget(studyId);
  toast.say("This study is not here any more.", { kind: "error" });
  return setTimeout(toWorklist, 1500);
}

/** What comes next, leased to this reader; the next three are then fetched. */
export function lookAhead() {
  state.looking = takeAnother().catch((error) => {
    if (!(error instanceof ApiError)) throw error; // what is in hand stays in hand until the server can be asked again
  });
  return state.looking;
}

async function takeAnother() {
  const { studyId } = state;
  const { hand, waiting } = await (may("review_study") ? inHand(studyId) : loadList());
  if (studyId !== state.studyId) return;
  state.hand = hand.filter((row) => row.id !== studyId && !path.visited.includes(row.id));
  state.waiting = waiting;
  const next = nextId();
  const row = state.hand.find((one) => one.id === next);
  role("next-name").textContent = row ? `next: ${row.pseudonym}` : next ? "next" : "no other study";
  role("left").textContent = waiting === undefined ? "" : `${waiting < MOST_COUNTED ? waiting : "999+"} to read`;
  role("previous").disabled = !path.before;
  ahead.hold(state.hand);
}

function inHand(studyId) {
  const passed = path.visited.filter((id) => id !== studyId).slice(-MOST_PASSED);
  return takeHand({ ...listWanted(), current: studyId, passed, size: HAND_SIZE });
}

/** The study to go on to: forward on the way, when one has gone back; else what is in hand. */
export function nextId() {
  return path.after ?? path.choose(state.hand)?.id ?? null;
}

/** Fetched again after something happened; the place, the choice and the view stay. */
export const reload = oneAtATime(fetchAgain);

async function fetchAgain() {
  const before = state.loaded?.study.version;
  const studyId = state.studyId;
  try {
    const loaded = await loadStudy(studyId, { background: true });
    if (studyId !== state.studyId) return;
    state.loaded = loaded;
  } catch (error) {
    if (error instanceof ApiError && LOST.has(error.status)) goneElsewhere(studyId);
    else if (!isOffline(error)) failed(error); // the banner says that there is no connection
    return;
  }
  const { study, findings } = state.loaded;
  if (before !== study.version) {
    state.changed = state.hadFindings;
    if (!state.hadFindings) state.place = firstPlace(findings, study.instances);
  }
  state.hadFindings = findings.length > 0;
  draw();
  handle.looked();
  await stand();
}

function goneElsewhere(studyId) {
  path.forget(studyId);
  toast.say("This study was deleted.", { kind: "error" });
  setTimeout(toWorklist, 1500);
}

export function toWorklist() {
  location.assign("/");
}

export async function next() {
  if (!nextId()) await (state.looking ?? lookAhead());
  const id = nextId();
  if (id) await open(id);
  else toWorklist();
}

export async function previous() {
  if (path.before) await open(path.before);
  else toast.say("This is the first study of this session.");
}

/** Gives the leases back; works while the page is being left. */
export function release() {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  fetch("/api/worklist/release/", { method: "POST", keepalive: true, credentials: "same-origin", headers, body: "{}" }).catch(() => {});
}

export function go(place) {
  state.place = place;
  state.chosen = null;
  draw();
  return stand();
}

/** The viewer went on by wheel or cine: the page follows; while it plays, only the number does. */
export function frameShown(frame, film, shown) {
  const { instanceId } = state.place;
  if (film !== "study" || !state.loaded || (frame === state.place.frame && shown.id === instanceId)) return;
  if (!state.loaded.study.instances.some((one) => one.id === shown.id)) return;
  state.place = { instanceId: shown.id, frame };
  if (viewer.playing) drawFrames();
  else {
    state.chosen = null;
    draw();
  }
}

export function stepFrame(by) {
  const stack = stackOf(state.loaded.study.instances, state.place.instanceId);
  const to = stack[positionIn(stack, state.place) + by];
  if (to) go({ instanceId: to.instance.id, frame: to.frame });
}

export function stepImage(by) {
  const stacks = stacksOf(state.loaded.study.instances);
  const to = stacks[stacks.findIndex((stack) => positionIn(stack, state.place) >= 0) + by];
  if (to) go({ instanceId: to[0].instance.id, frame: to[0].frame });
}

export function pick(key) {
  state.chosen = key;
  drawFindings();
  drawActs();
  handle.chose();
  const all = lines();
  const at = all.findIndex((line) => line.key === key);
  if (at >= 0) announce(spoken(all[at], at + 1, all.length));
}

export function stepFinding(by) {
  const unfolded = role("below-box").open;
  const keys = lines().filter((line) => line.kind === "added" || isUpFront(line) || unfolded).map((line) => line.key);
  const key = stepKey(keys, state.chosen, by);
  if (key) pick(key);
}
