/* The reader's hand: one act at a time, under the read tag; what the server refuses is said, and nothing is lost by it. */

import { ApiError } from "../api.mjs";
import { ask, el, role } from "../dom.mjs";
import { moment } from "../words.mjs";
import { reload } from "./coming.mjs";
import { openMerge } from "./correct/merge_view.mjs";
import { reads } from "./correct/send.mjs";
import { failed, may, state, toast, unsent } from "./state.mjs";
import { isOffline } from "./unsent.mjs";

/**
 * One act at a time. send(tag, extra) asks the server and resolves {body, tag}; words name the act where it cannot be
 * sent, record for a reload (kept_acts.mjs). Resolves with the body (true where there is none), or null.
 */
export async function act(words, record, send) {
  if (state.busy || !may("review_study")) return null;
  const { studyId, loaded } = state;
  state.busy = true;
  try {
    const body = await sent({ words, record: { ...record, studyId }, send, studyId, loaded });
    if (body !== null) state.actsHere += 1;
    return body;
  } finally {
    state.busy = false;
  }
}

async function sent({ words, record, send, studyId, loaded }, extra = {}) {
  const named = `${words} · ${loaded.study.pseudonym}`;
  try {
    const { body, tag } = await send(loaded.tag, extra);
    loaded.tag = tag ?? loaded.tag;
    unsent.done(record);
    return body ?? true;
  } catch (error) {
    if (isOffline(error)) {
      keep({ named, record, send, studyId, loaded });
      return null;
    }
    const more = await answerTo(error, { studyId, loaded });
    return more ? sent({ words, record, send, studyId, loaded }, more) : null;
  }
}

function keep({ named, record, send, studyId, loaded }) {
  const again = async () => {
    const { tag } = await send(loaded.tag, {});
    loaded.tag = tag ?? loaded.tag;
    if (studyId === state.studyId) await reload();
  };
  unsent.keep({ words: named, record: { ...record, version: loaded.study.version, tag: loaded.tag, at: Date.now() }, again });
}

/** What a refusal leads to: {} or {second_read: true} to send it again, null when it was left or said. */
export async function answerTo(error, { studyId, loaded }) {
  if (!(error instanceof ApiError)) throw error;
  if (error.code === "already_read") return (await goOnAsSecondReader(error.details.reads ?? [])) ? { second_read: true } : null;
  if (error.status === 412) return changedMeanwhile(error, { studyId, loaded });
  failed(error);
  if (error.status === 409) await reload();
  return null;
}

async function goOnAsSecondReader(others) {
  const lines = others.map((read) => el("p", {}, el("b", {}, read.by), read.state === "signed" ? ` signed ${moment(read.at)}` : ` is reading since ${moment(read.at)}`));
  role("second-text").replaceChildren(...lines);
  return (await ask(role("second-dialog"))) === "go";
}

/** 412: the read is not what this page shows. From another tab: look again; from another reader: both side by side. */
async function changedMeanwhile(error, { studyId, loaded }) {
  loaded.tag = error.details.read_tag ?? loaded.tag;
  if (!error.details.others_changed) {
    await reload();
    toast.say("Your read changed in another tab, and is shown here now. Nothing was sent: press the key again.", { kind: "error" });
    return null;
  }
  return (await merged(studyId)) ? { second_read: true } : null;
}

/** The merge view; true when the reader keeps their own and goes on. What they took over is looked at first: the act that
    was refused may not be meant any more. */
export async function merged(studyId) {
  try {
    const { body } = await reads.merge(studyId);
    const choices = body.theirs ? await openMerge(body, {}) : [];
    if (choices === null) {
      toast.say("Nothing was sent. Your work is kept here; both reads stay as they are.");
      return false;
    }
    if (choices.length) {
      const taken = await reads.mergeTake(studyId, { read: body.theirs.id, choices }, body.read_tag);
      state.loaded.tag = taken.tag;
    }
    if (studyId === state.studyId) await reload();
    if (choices.every(({ take }) => take === "mine")) return true;
    toast.say("Taken over into your read, nothing else was sent: look, then go on.");
    return false;
  } catch (error) {
    failed(error);
    return false;
  }
}
