/* Findings accepted, rejected, relabelled, moved, added: through the panel or by one key each. */

import { putJson } from "../api.mjs";
import { role } from "../dom.mjs";
import { label } from "../words.mjs";
import { reload } from "./coming.mjs";
import { CorrectionPanel } from "./correct/correction_panel.mjs";
import { pickLabel } from "./correct/label_picker.mjs";
import { reads } from "./correct/send.mjs";
import { drawActs, drawFindings } from "./draw.mjs";
import { act } from "./hand.mjs";
import { isUpFront } from "./items.mjs";
import { chosenLine, handle, isSigned, isWithheld, lines, may, page, state, toast, viewer } from "./state.mjs";
import { drawOverlay, drawView } from "./stage.mjs";

const CHOOSE = "Choose a finding first: Tab.";
const SIGNED = "You have signed this study. Undo opens it again.";

export const panel = new CorrectionPanel({
  vocabulary: {},
  labels: [],
  numbering: page.preferences.tooth_numbering,
  onSave: (body, line) => save(line, body),
  onReject: (body, line) => rejectLine(line, body),
  onRemove: (line) => remove(line),
  onChange: () => handle.touched(),
  onClose: () => closed(),
  onNumbering: (numbering) => putJson("/api/preferences/", { tooth_numbering: numbering }, { background: true }).catch(() => {}), // it holds here
});
role("correction").append(panel.element);

function closed() {
  role("correction").hidden = true;
  Object.assign(state, { panel: false, correcting: false, boxDraft: null });
  if (state.loaded) drawFindings();
  if (state.loaded) drawActs();
  handle.touched();
}

/** The panel, once opened by 2, follows what is chosen; what is typed into it and not saved keeps it where it is. */
export function panelFollow({ focus = null, fields } = {}) {
  const line = chosenLine();
  if (!state.panel || !line || isSigned()) return panel.close();
  if (panel.isOpen && panel.line?.key === line.key && !fields) return undefined;
  if (panel.isOpen && panel.draftItem() && panel.line?.key !== line.key) return toast.say("The correction that is open is not saved: save it or leave it first.");
  panel.setVocabulary(state.loaded.vocabulary, state.loaded.labels);
  role("correction").hidden = false;
  panel.open(line, { focus, fields, place: state.place });
  return role("correction").scrollIntoView({ block: "start" });
}

export function unsavedCorrection() {
  return panel.isOpen && panel.draftItem() !== null;
}

export function correct(on = !state.panel) {
  if (on && isWithheld()) return handle.commit("abnormal");
  if (on && isSigned()) return toast.say(SIGNED);
  Object.assign(state, { correcting: on, panel: on });
  if (on && !chosenLine()) state.chosen = lines().find((line) => isUpFront(line) || line.kind === "added")?.key ?? null;
  panelFollow();
  drawFindings();
  return drawActs();
}

/** The chosen line, when it may be judged now; else says why not. */
function judged() {
  if (!may("review_study")) return null;
  const line = chosenLine();
  if (isSigned()) toast.say(SIGNED);
  else if (!line) toast.say(CHOOSE);
  else return line;
  return null;
}

export async function accept() {
  const line = judged();
  if (!line) return undefined;
  if (line.kind === "added" || line.verdict === "confirmed") return toast.say(line.kind === "added" ? "This one is yours already." : "Accepted already.");
  return done(await act(`Accept ${label(line.label)}`, { act: "confirmed", findingId: line.finding.id }, (tag, extra) => reads.review(line.finding.id, { verdict: "confirmed", ...extra }, tag)));
}

export async function reject() {
  const line = judged();
  if (!line) return undefined;
  state.correcting = true;
  if (line.kind === "added" || line.verdict === "rejected") return remove(line);
  return rejectLine(line, {});
}

async function rejectLine(line, body) {
  const { reason_code: reason, ...words } = body;
  const record = { act: "rejected", findingId: line.finding.id, reason, more: Object.values(words).some(Boolean) };
  return done(await act(`Reject ${label(line.label)}`, record, (tag, extra) => reads.review(line.finding.id, { ...body, verdict: "rejected", ...extra }, tag)));
}

async function remove(line) {
  if (!line.review) return undefined;
  return done(await act(`Take back ${label(line.label)}`, { act: "removed", reviewId: line.review.id }, (tag) => reads.remove(line.review.id, tag)));
}

/** Changed fields of a line: a correction of a model's finding, or a new version of the reader's own. */
async function save(line, body) {
  const words = `Correct ${label(line.label)}`;
  const record = { act: "corrected", findingId: line.finding?.id, reviewId: line.kind === "added" ? line.review.id : null };
  if (line.kind === "added") return done(await act(words, record, (tag) => reads.revise(line.review.id, body, tag)));
  return done(await act(words, record, (tag, extra) => reads.review(line.finding.id, { verdict: "corrected", ...body, ...extra }, tag)));
}

async function done(answer) {
  if (answer === null) return false;
  panel.close();
  await reload();
  handle.touched();
  return true;
}

export async function relabel() {
  const line = judged();
  if (!line) return undefined;
  state.correcting = true;
  const chosen = await pickLabel({ title: `Not ${label(line.label)}, but`, labels: state.loaded.labels, current: line.label });
  return chosen && chosen !== line.label ? save(line, { label: chosen }) : undefined;
}

export function startDrawing(purpose) {
  if (!may("review_study")) return undefined;
  if (isSigned()) return toast.say(SIGNED);
  const line = chosenLine();
  if (purpose === "move" && !line) return toast.say(CHOOSE);
  if (viewer.toolName === "box" && state.purpose === purpose) return leaveModes();
  state.correcting = true;
  state.purpose = purpose;
  if (purpose === "move") viewer.redraw(line.key);
  viewer.tool("box");
  drawFindings();
  drawActs();
  hint(purpose === "move" ? `Draw the box of ${label(line.label)} · Esc leaves` : "Draw a box on either film, then say what it is · by keys: arrows, Shift+arrows, Enter · Esc leaves");
  if (handle.byKey) viewer.draftBox();
  return drawView();
}

export function hint(words) {
  role("draw-hint").textContent = words;
  role("draw-hint").hidden = !words;
}

export function leaveModes() {
  if (viewer.toolName === "box") viewer.tool("pan");
  hint("");
  state.purpose = null;
  state.drawn = null;
  drawView();
}

/** A box was drawn: it becomes a finding of the reader's as soon as it has a name. */
export async function boxDrawn(box) {
  if (state.purpose === "move" && state.chosen) return boxEdited(state.chosen, box);
  return nameBox({ box, place: { ...state.place } });
}

export async function nameBox({ box, place }) {
  const { studyId } = state;
  state.drawn = { box, place };
  handle.touched();
  const chosen = await pickLabel({ title: "What is it?", labels: state.loaded.labels });
  if (studyId !== state.studyId) return undefined;
  leaveModes();
  handle.touched();
  if (!chosen) return undefined;
  const body = { instance_id: place.instanceId, frame: place.frame, label: chosen, box };
  const added = await act(`Add ${label(chosen)}`, { act: "added", label: chosen }, (tag, extra) => reads.add(studyId, { ...body, ...extra }, tag));
  if (added?.id) state.chosen = added.item_id ?? added.id;
  return done(added);
}

/** A box was moved or resized. While its panel holds other changes, the box waits there with them. */
export async function boxEdited(key, box) {
  const line = lines().find((one) => one.key === key);
  leaveModes();
  if (!line) return undefined;
  if (panel.isOpen && panel.line?.key === key && panel.draftItem()) {
    panel.setBox(box);
    state.boxDraft = { key, box };
    handle.touched();
    return drawOverlay();
  }
  return save(line, { box });
}
