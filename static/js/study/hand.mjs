/* The reader's hand: confirm, correct, reject, relabel, draw, sign, undo; and what is done with the study itself. */

import { ApiError } from "../api.mjs";
import { ask, role } from "../dom.mjs";
import { Toast } from "../toast.mjs";
import { label } from "../words.mjs";
import { acts } from "./acts.mjs";
import { chooseLabel } from "./choose_label.mjs";
import { lookAhead, open, reload, toWorklist } from "./coming.mjs";
import { drawActs, drawView } from "./draw.mjs";
import { chosenLine, failed, isAnalysed, isSigned, may, pair, state, toast } from "./state.mjs";

const LEAST_SEEN_MS = 300;

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

export async function confirm() {
  if (!isAnalysed()) return toast.say("The models did not analyse this study: draw what you see, then sign with Enter.");
  return signed(() => acts.confirm(state.loaded.study), "Confirmed and signed");
}

export function sign() {
  if (!state.correcting && isAnalysed()) return undefined;
  return signed(() => acts.sign(state.loaded.study), "Signed");
}

/** Signs and goes on to the next study; the undo comes back to this one. A film must have been seen to be signed. */
async function signed(call, words) {
  if (!state.shownAt) return toast.say("The film is not on the screen yet.");
  if (performance.now() - state.shownAt < LEAST_SEEN_MS) return undefined;
  const { id, pseudonym } = state.loaded.study;
  const read = await act(call);
  if (!read) return undefined;
  state.correcting = false;
  if (!state.next) await lookAhead();
  if (!state.next) {
    Toast.carry(`${words}: ${pseudonym}. Nothing is left in this lane.`, id);
    return toWorklist();
  }
  await open(state.next.id);
  return toast.say(`${words}: ${pseudonym}`, { undo: () => undoSignature(id) });
}

async function undoSignature(studyId) {
  const undone = await act(() => acts.undo(studyId));
  if (!undone) return;
  if (studyId === state.studyId) await reload();
  else await open(studyId);
  toast.say("Undone: your read is open again.");
  lookAhead();
}

export async function undo() {
  const fresh = toast.takeUndo();
  if (fresh) return fresh();
  const undone = await act(() => acts.undo(state.studyId));
  if (!undone) return undefined;
  toast.say(undone.act === "review" ? "Undone." : "Undone: your read is open again.");
  return reload();
}

export function correct(on = !state.correcting) {
  state.correcting = on && !isSigned();
  drawActs();
}

export async function reject() {
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

export async function relabel() {
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

export function startDrawing(purpose) {
  if (isSigned()) return toast.say("You have signed this study. U opens it again.");
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

export function leaveModes() {
  pair.draw(false);
  role("draw-hint").hidden = true;
  state.purpose = null;
  drawView();
}

export async function boxDrawn(box) {
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

export async function rerun(caseType) {
  await guarded(() => acts.rerun(state.studyId, caseType), "The models look again.");
}

export async function cancel() {
  await guarded(() => acts.cancel(state.studyId), "The analysis is cancelled.");
}

export async function erase() {
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
