/* What is done with the study itself: run again, cancel, delete. By permission; the server checks it again. */

import { postJson, remove } from "../api.mjs";
import { ask, role } from "../dom.mjs";
import { reload, toWorklist } from "./coming.mjs";
import { failed, state, toast } from "./state.mjs";

export function rerun(caseType) {
  return guarded(() => postJson(`/api/studies/${state.studyId}/rerun/`, caseType ? { case_type: caseType } : {}), "The models look again.");
}

export function cancel() {
  return guarded(() => postJson(`/api/studies/${state.studyId}/cancel/`), "The analysis is cancelled.");
}

export async function erase() {
  if ((await ask(role("delete-dialog"))) !== "delete") return;
  if (await guarded(() => remove(`/api/studies/${state.studyId}/`), "The study is deleted.")) toWorklist();
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
