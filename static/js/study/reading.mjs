/* How this study is read: blind first, second reads, who disagrees; and for how long the reader looked. */

import { ApiError, getJson, postJson } from "../api.mjs";
import { ask, el, role } from "../dom.mjs";
import { label } from "../words.mjs";
import { next, reload } from "./coming.mjs";
import { act } from "./hand.mjs";
import { isAnalysed, isSigned, isWithheld, state, toast, unsent } from "./state.mjs";
import { ReadingTime } from "./reading_time.mjs";
import { asked } from "./timings.mjs";
import { isOffline } from "./unsent.mjs";

const time = new ReadingTime();

/** What the machine says is in sight now. */
const aiShown = () => isAnalysed() && !isWithheld() && !state.original;

export const clock = {
  opened: (studyId) => time.open(studyId, { aiShown: aiShown() }),
  looked: () => state.loaded && time.aiShown(aiShown()),
  deciding: () => time.flush(),
  closed: () => time.close(),
};

/** Fetched after the film stands: what was asked of this reader, and what came of it. */
export async function fetchReading(studyId) {
  try {
    const reading = await getJson(`/api/studies/${studyId}/reading/`, { background: true });
    if (studyId === state.studyId) drawReading(reading);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

function drawReading(reading) {
  const parts = [...secondRead(reading.second_read), ...committed(reading), ...disagreements(reading.discordances ?? [])];
  role("reading").replaceChildren(...parts);
  role("reading-box").hidden = parts.length === 0;
}

function secondRead(asked) {
  if (!asked) return [];
  const who = asked.reason === "sampled" ? "Drawn for a second read." : `${asked.by} asks for a second opinion.`;
  const comment = asked.comment ? el("q", {}, asked.comment) : null;
  const end = asked.open ? "You read blind to the first." : `Read by ${asked.fulfilled_by}.`;
  return [el("p", {}, el("b", {}, who), " ", comment, " ", el("span", { class: "muted" }, end))];
}

function committed({ committed: own, comparison }) {
  if (!own) return [];
  const found = own.findings.map((one) => label(one.label)).join(", ");
  const words = [el("p", {}, el("b", {}, `You committed: ${own.impression}`), found ? ` · ${found}` : "", el("span", { class: "muted" }, ", before the model's was shown"))];
  return comparison ? [...words, ...comparison.words.map((line) => el("p", { class: "muted" }, line))] : words;
}

function disagreements(list) {
  return list.map((one) => el("p", {}, el("span", { class: "chip disagree" }, "disagree"), ` ${one.words}`));
}

/** The reader's own read, frozen; then the machine's is shown. */
export async function commit(impression) {
  const { studyId } = state;
  time.flush();
  const done = await act(`Commit ${impression}`, { act: "commit", impression }, async () => ({ body: await postJson(`/api/studies/${studyId}/commit/`, { impression }) }));
  if (!done) return;
  await reload();
  clock.looked();
  drawReading(done);
  toast.say(`Committed: ${impression}. What the models say is shown now; confirm, correct or sign.`);
}

/** 3: another reader is asked, or the study is passed by. */
export async function secondOpinion() {
  if (isSigned()) return toast.say("You have signed this study. Undo opens it again.");
  role("second-opinion-comment").value = "";
  const said = ask(role("second-opinion"));
  role("second-opinion-comment").focus();
  const wanted = await said;
  if (!wanted) return undefined;
  if (wanted === "skip") return goOn();
  const { studyId, loaded } = state;
  const comment = role("second-opinion-comment").value.trim();
  const send = () => postJson(`/api/studies/${studyId}/second-opinion/`, { comment });
  try {
    time.flush();
    await send();
    unsent.done({ act: "second", studyId });
  } catch (error) {
    return notAskedFor(error, { send, record: { act: "second", studyId, more: comment !== "", at: Date.now() }, pseudonym: loaded.study.pseudonym });
  }
  await goOn();
  return toast.say(`Second opinion asked: ${loaded.study.pseudonym}`);
}

function goOn() {
  asked();
  return next();
}

function notAskedFor(error, { send, record, pseudonym }) {
  if (isOffline(error)) return unsent.keep({ words: `Ask for a second opinion · ${pseudonym}`, record, again: send });
  if (error instanceof ApiError && error.code === "second_read_asked") {
    toast.say("A second opinion was asked for already.");
    return goOn();
  }
  return toast.error(error);
}
