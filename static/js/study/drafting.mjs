/* Unsent work of the study that is open: what the panel holds, and a box that has no name yet. Saved and restored by Draft. */

import { role } from "../dom.mjs";
import { Draft } from "./correct/draft.mjs";
import { openDraftMerge } from "./correct/merge_view.mjs";
import { correct, nameBox, panel, panelFollow } from "./correcting.mjs";
import { draw } from "./draw.mjs";
import { isSigned, lines, may, state, toast } from "./state.mjs";
import { showFilm } from "./stage.mjs";

let draft = null;

/** What is not sent yet, as the server keeps it; null: nothing. */
function collect() {
  if (!state.loaded) return null;
  const items = [panel.isOpen ? panel.draftItem() : null, state.drawn ? boxItem(state.drawn) : null].filter(Boolean);
  if (!items.length) return null;
  return { schema: 1, study_version: state.loaded.study.version, place: apiPlace(state.place), chosen: state.chosen, items };
}

const apiPlace = ({ instanceId, frame }) => ({ instance_id: instanceId, frame });

function boxItem({ box, place }) {
  const empty = { finding_id: null, review_id: null, label: "", laterality: "", tooth: null, grade: "", reason_code: "", comment: "" };
  return { key: "drawn", ...apiPlace(place), verdict: "added", box, ...empty };
}

async function restore(content) {
  if (content.place) state.place = { instanceId: content.place.instance_id, frame: content.place.frame };
  const drawn = content.items.find((item) => item.verdict === "added" && !item.review_id && item.box);
  const edited = content.items.find((item) => item !== drawn);
  if (edited) state.chosen = lineOf(edited)?.key ?? content.chosen;
  draw();
  await showFilm();
  toast.say("Your unsent work is back as you left it.");
  if (edited && lineOf(edited)) {
    correct(true);
    panelFollow({ fields: edited });
  }
  if (drawn) nameBox({ box: drawn.box, place: { instanceId: drawn.instance_id, frame: drawn.frame } });
}

function lineOf(item) {
  return lines().find((line) => (item.finding_id ? line.finding?.id === item.finding_id : line.review?.id === item.review_id)) ?? null;
}

/** Begins to keep the work of the study that was just opened. */
export function draftStart(studyId) {
  if (!may("review_study") || isSigned()) return say({ state: "none", words: "" });
  draft = new Draft({
    studyId,
    collect: () => (studyId === state.studyId ? collect() : null),
    onRestore: (content) => (studyId === state.studyId ? restore(content) : undefined),
    onState: say,
    onConflict: ({ stored, refused }) => openDraftMerge(stored, refused),
  });
  return draft.start();
}

function say({ state: now, words }) {
  role("draft-state").textContent = words;
  role("draft-state").dataset.state = now;
}

export function draftTouch() {
  draft?.touch();
}

/** Leaving the study: what is unsent is saved, and no more is; a signature takes the draft with it. */
export function draftStop(how) {
  draft?.stop(how);
  draft = null;
}
