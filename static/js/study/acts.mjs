/* What the reader does, sent to the server: one act, one request; another reader's read is never written over unasked. */

import { ApiError, postJson, remove } from "../api.mjs";
import { ask, el, role } from "../dom.mjs";
import { moment } from "../words.mjs";

/** Sends an act; when another reader was there first, asks, and goes on as a second read only if told to. Null: left. */
export async function sendAct(path, body) {
  try {
    return await postJson(path, body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "already_read") throw error;
    if (!(await goOnAsSecondReader(error.details.reads ?? []))) return null;
    return postJson(path, { ...body, second_read: true });
  }
}

async function goOnAsSecondReader(reads) {
  const lines = reads.map((read) => el("p", {}, el("b", {}, read.by), read.state === "signed" ? ` signed ${moment(read.at)}` : ` is reading since ${moment(read.at)}`));
  role("second-text").replaceChildren(...lines);
  return (await ask(role("second-dialog"))) === "go";
}

export const acts = {
  confirm: (study) => sendAct(`/api/studies/${study.id}/confirm/`, { expected_version: study.version }),
  sign: (study) => sendAct(`/api/studies/${study.id}/sign/`, { expected_version: study.version }),
  undo: (studyId) => postJson(`/api/studies/${studyId}/undo/`),
  review: (findingId, body) => sendAct(`/api/findings/${findingId}/reviews/`, body),
  add: (studyId, body) => sendAct(`/api/studies/${studyId}/reviews/`, body),
  withdraw: (reviewId) => remove(`/api/reviews/${reviewId}/`),
  rerun: (studyId, caseType) => postJson(`/api/studies/${studyId}/rerun/`, caseType ? { case_type: caseType } : {}),
  cancel: (studyId) => postJson(`/api/studies/${studyId}/cancel/`),
  erase: (studyId) => remove(`/api/studies/${studyId}/`),
};
