/* Confirm, sign, and take it back. The next study is shown at once; a signature that the server refuses brings this one back. */

import { ApiError } from "../api.mjs";
import { Toast } from "../toast.mjs";
import { lookAhead, nextId, open, reload, release, toWorklist } from "./coming.mjs";
import { reads } from "./correct/send.mjs";
import { act, answerTo } from "./hand.mjs";
import { failed, handle, isAnalysed, isSigned, isWithheld, may, mine, state, toast, unsent } from "./state.mjs";
import { asked, notAsked } from "./timings.mjs";
import { isOffline } from "./unsent.mjs";

const LEAST_SEEN_MS = 300;
const UNSIGNED = "second-reader.unsigned";
const WORDS = { confirm: "Confirmed and signed", sign: "Signed" };

/** Signatures of this session, the latest last: {studyId, pseudonym, settled}. */
const signatures = [];

/** Resolves once no signature is on its way any more: before the page is left. */
export function signaturesSettled() {
  return Promise.allSettled(signatures.map((one) => one.settled));
}

export function confirm() {
  if (isWithheld()) return handle.commit(mine()?.reviews.length ? "abnormal" : "normal");
  if (!isAnalysed()) return toast.say("The models did not analyse this study: draw what you see, then sign.");
  return signing("confirm");
}

export function sign() {
  if (isWithheld()) return toast.say("Commit your own read first.");
  return signing("sign");
}

function mayBeSigned() {
  if (!may("review_study")) return "Your role does not include signing.";
  if (isSigned()) return "You have signed this study. Undo opens it again.";
  if (!state.shownAt) return "The film is not on the screen yet.";
  if (handle.unsavedCorrection()) return "The correction that is open is not saved: save it or leave it first.";
  return "";
}

async function signing(kind) {
  const why = mayBeSigned();
  if (why) return toast.say(why);
  if (state.busy || performance.now() - state.shownAt < LEAST_SEEN_MS) return undefined;
  return goOn(kind, {});
}

export const isSignature = ({ act: kind }) => Object.hasOwn(WORDS, kind);

/** Sends the signature and opens the next study meanwhile. */
export async function goOn(kind, extra) {
  const { loaded, studyId } = state;
  asked();
  handle.deciding();
  const signature = { studyId, pseudonym: loaded.study.pseudonym };
  const body = { expected_version: loaded.study.version, ...extra };
  signature.settled = reads[kind](studyId, body, loaded.tag).then(() => signed(kind, signature));
  signature.settled.catch(() => {});
  signatures.push(signature);
  if (!nextId()) await (state.looking ?? lookAhead());
  const next = nextId();
  const opened = next ? open(next) : null;
  try {
    await signature.settled;
    if (!next) return leaveDone(kind, signature);
    return undefined;
  } catch (error) {
    await opened;
    notAsked();
    return refused(kind, signature, loaded, error);
  }
}

function signed(kind, signature) {
  unsent.done({ act: kind, studyId: signature.studyId });
  handle.forgetRecent(signature.studyId);
  toast.say(`${WORDS[kind]}: ${signature.pseudonym}`, { undo: () => undoSignature(signature) });
}

function leaveDone(kind, { pseudonym, studyId }) {
  Toast.carry(`${WORDS[kind]}: ${pseudonym}. Nothing is left in this lane.`, studyId);
  release();
  return toWorklist();
}

/** Back to the study whose signature did not go through, with the reason; what was begun elsewhere stays there. */
async function refused(kind, signature, loaded, error) {
  signatures.splice(signatures.indexOf(signature), 1);
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) return leaveUnsigned(signature);
  await dialogsClosed();
  if (state.studyId !== signature.studyId) await open(signature.studyId);
  if (isOffline(error)) {
    return keepSignature(kind, signature, loaded);
  }
  const more = await answerTo(error, { studyId: signature.studyId, loaded: state.loaded });
  if (more && error.status === 412) return toast.say("Taken over. Look at it, then sign.");
  return more ? goOn(kind, more) : undefined;
}

/** Kept under the version and the tag of what the reader saw when they signed; acts sent before it move the tag on. */
export function keepSignature(kind, signature, loaded, at = Date.now()) {
  const record = { act: kind, studyId: signature.studyId, version: loaded.study.version, tag: loaded.tag, at };
  unsent.keep({ words: `${kind === "confirm" ? "Confirm" : "Sign"} · ${signature.pseudonym}`, record, again: () => againUnlessChanged(kind, signature, loaded) });
}

async function againUnlessChanged(kind, signature, loaded) {
  await reads[kind](signature.studyId, { expected_version: loaded.study.version }, loaded.tag);
  signatures.push({ ...signature, settled: Promise.resolve() });
  signed(kind, signature);
  if (state.studyId === signature.studyId) await reload();
}

/** The session ended under a signature: the sign-in comes back to that study, and the page says that it is not signed. */
function leaveUnsigned({ studyId }) {
  sessionStorage.setItem(UNSIGNED, studyId);
  location.assign(`/sign-in/?next=${encodeURIComponent(`/studies/${studyId}/`)}&ended=1`);
}

export function sayUnsigned() {
  const left = sessionStorage.getItem(UNSIGNED);
  sessionStorage.removeItem(UNSIGNED);
  if (left === state.studyId) toast.say("Your session had ended: this study is not signed yet.", { kind: "error" });
}

function dialogsClosed() {
  const dialog = document.querySelector("dialog[open]");
  return dialog ? new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true })) : Promise.resolve();
}

async function undoSignature(signature) {
  try {
    await signature.settled;
    await reads.undo(signature.studyId);
  } catch (error) {
    return failed(error);
  }
  const at = signatures.indexOf(signature);
  if (at >= 0) signatures.splice(at, 1);
  handle.forgetRecent(signature.studyId);
  if (signature.studyId === state.studyId) await reload();
  else await open(signature.studyId);
  return toast.say("Undone: your read is open again.");
}

/** What other readers did meanwhile is no reason not to take one's own back; what another tab of this reader did, is. */
async function undoMine(studyId, tag) {
  try {
    return await reads.undo(studyId, tag);
  } catch (error) {
    if (error.status !== 412 || !error.details.others_changed) throw error;
    return reads.undo(studyId, error.details.read_tag);
  }
}

/** U: what was done here; where nothing was, the last signature, although the next study is open. */
export async function undo() {
  const last = signatures.at(-1);
  toast.takeUndo();
  if (last && last.studyId !== state.studyId && state.actsHere <= 0) return undoSignature(last);
  const wasSigned = isSigned();
  const undone = await act("Undo", { act: "undo" }, (tag) => undoMine(state.studyId, tag));
  if (!undone) return undefined;
  state.actsHere = Math.max(0, state.actsHere - 2); // the undo counted as an act itself
  if (wasSigned && last?.studyId === state.studyId) signatures.pop();
  await reload();
  return toast.say(undone.act === "review" ? "Undone." : "Undone: your read is open again.");
}

