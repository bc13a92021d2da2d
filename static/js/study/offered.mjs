/* Acts that this tab kept over a reload, offered again: named anew by the server, sent only when the reader says so. */

import { ApiError, errorOf, getJson } from "../api.mjs";
import { open, reload } from "./coming.mjs";
import { isInDraft, requestOf, wordsOf } from "./act_requests.mjs";
import { request, tagOf } from "./correct/send.mjs";
import { answerTo } from "./hand.mjs";
import { keyOf } from "./kept_acts.mjs";
import { goOn, isSignature, keepSignature } from "./signing.mjs";
import { isSigned, state, toast, unsent } from "./state.mjs";

const GONE = new Set([403, 404]);
const NAMELESS = "a study that cannot be named now";
const IN_DRAFT = "what was typed is in the draft, which opens with the study";
const NOT_SAVED = "what was typed or drawn did not reach the server, and has to be said again";
const UNKNOWN = "whether what was typed was saved cannot be asked now";

/** By study and tag, what the reader saw when they acted: an act that was sent moves the tag on for those after it. */
const seen = new Map();

function seenIn({ studyId, tag, version }) {
  const key = `${studyId} ${tag}`;
  if (!seen.has(key)) seen.set(key, { study: { version }, tag });
  return seen.get(key);
}

/** After the page was loaded: what it could not send before stands in the banner again. */
export async function offerLeft() {
  const offers = await Promise.all(unsent.waiting.map(offerOf));
  unsent.waiting = [];
  for (const offer of offers.filter(Boolean)) if (!unsent.has(keyOf(offer.record))) kept(offer);
  unsent.changed();
}

async function offerOf(record) {
  const pseudonym = await asked(record.studyId, "", NAMELESS, (study) => study.pseudonym);
  if (pseudonym === null) return null;
  if (isSignature(record) || requestOf(record)) return { record, pseudonym };
  const why = await asked(record.studyId, "draft/", UNKNOWN, ({ draft }) => (isInDraft(record, draft) ? IN_DRAFT : NOT_SAVED));
  return why && { record, pseudonym, why };
}

/** null: the study is not there any more, or not for this reader. */
async function asked(studyId, path, otherwise, read) {
  try {
    return read(await getJson(`/api/studies/${studyId}/${path}`, { background: true }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return GONE.has(error.status) ? null : otherwise;
  }
}

function kept({ record, pseudonym, why }) {
  const words = wordsOf(record, pseudonym);
  if (isSignature(record)) keepSignature(record.act, { studyId: record.studyId, pseudonym }, seenIn(record), record.at);
  else if (why) unsent.keep({ words: `${words}: ${why}`, record, again: null });
  else unsent.keep({ words, record, again: () => send(record, words) });
}

async function send(record, words, extra = {}) {
  const { path, method, body } = requestOf(record);
  const loaded = seenIn(record);
  const response = await request(path, { method, body: body && { ...body, ...extra }, tag: loaded.tag });
  if (!response.ok) throw await errorOf(response);
  loaded.tag = tagOf(response) ?? loaded.tag;
  if (record.studyId === state.studyId) {
    state.loaded.tag = loaded.tag;
    await reload();
  }
  toast.say(`Sent: ${words}`);
}

/** Sent again, and refused: the study is opened as it is now, and the refusal answered as that of any act. */
export async function refusedAgain({ key, record, words }, error) {
  unsent.taken(key);
  if (!(error instanceof ApiError) || GONE.has(error.status)) throw error;
  const { studyId } = record;
  if (state.studyId === studyId) await reload();
  else await open(studyId);
  if (state.studyId !== studyId || !state.loaded) return undefined;
  if (isSignature(record) && isSigned()) return toast.say(`It had arrived: ${words}`);
  const more = await answerTo(error, { studyId, loaded: state.loaded });
  if (!more) return undefined;
  if (error.status === 412) return toast.say("Nothing was sent yet. Look at it, then press the key again.");
  if (isSignature(record)) return goOn(record.act, more);
  return requestOf(record) && send({ ...record, tag: state.loaded.tag }, words, more);
}
