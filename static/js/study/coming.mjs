/* Coming and going: which study, which frame, which finding; what is fetched ahead, and what happens meanwhile. */

import { ApiError } from "../api.mjs";
import { role, settled } from "../dom.mjs";
import { Live, liveMark } from "../live.mjs";
import { NEUTRAL } from "../viewer/window.mjs";
import { listWanted, loadStudy } from "./desk.mjs";
import { draw, drawActs, drawFindings, showFilm } from "./draw.mjs";
import { firstPlace, isUpFront, stepKey } from "./items.mjs";
import { ahead, failed, handle, instance, lines, page, pair, state, toast } from "./state.mjs";

const REFRESH_SETTLE_MS = 80;
const LOST = new Set([403, 404]);

const refresh = settled(REFRESH_SETTLE_MS, reload);
let live = null;

/** The last event that the page has heard of. */
const heard = () => live?.last ?? page.sequence;

/** Hears of this study from now on, and of what happened to it since it was fetched. */
function listen(studyId, sequence) {
  live?.stop();
  live = new Live({
    path: `/ws/studies/${studyId}/`,
    sequence,
    onState: liveMark(role("live")),
    onEvents: (events) => events.some((event) => event.study_id === studyId) && refresh(),
  });
  live.start();
}

export async function open(studyId, { push = true } = {}) {
  handle.leaveModes();
  state.shownAt = null;
  state.next = null;
  state.correcting = false;
  const held = ahead.take(studyId);
  const sequence = held?.sequence ?? heard();
  state.studyId = studyId;
  try {
    state.loaded = await (held?.loaded ?? loadStudy(studyId));
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
  pair.setWindow({ ...NEUTRAL });
  state.hadFindings = state.loaded.findings.length > 0;
  listen(studyId, sequence);
  draw();
  await showFilm();
  state.looking = lookAhead();
}

export async function lookAhead() {
  const { studyId } = state;
  try {
    const { next, waiting } = await ahead.prepare(studyId, heard());
    if (studyId !== state.studyId) return;
    state.next = next;
    role("next-name").textContent = next ? `next: ${next.pseudonym}` : "no other study";
    role("left").textContent = listWanted().lane === "to_read" ? `${waiting} to read` : "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    state.next = null;
  }
}

/** Fetched again after something happened; the place, the choice and the view stay. */
export async function reload() {
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

export function toWorklist() {
  location.assign("/");
}

export async function next() {
  if (!state.next) await (state.looking ?? lookAhead());
  if (state.next) await open(state.next.id);
  else toWorklist();
}

export function go(place) {
  state.place = place;
  state.chosen = null;
  draw();
  showFilm();
}

export function stepFrame(by) {
  const one = instance();
  const frame = state.place.frame + by;
  if (one && frame >= 0 && frame < one.frames) go({ instanceId: one.id, frame });
}

export function stepImage(by) {
  const all = state.loaded.study.instances;
  const to = all[all.findIndex((one) => one.id === state.place.instanceId) + by];
  if (to) go({ instanceId: to.id, frame: 0 });
}

export function pick(key) {
  state.chosen = key;
  drawFindings();
  drawActs();
}

export function stepFinding(by) {
  const unfolded = role("below-box").open;
  const keys = lines().filter((line) => line.kind === "added" || isUpFront(line) || unfolded).map((line) => line.key);
  const key = stepKey(keys, state.chosen, by);
  if (key) pick(key);
}
