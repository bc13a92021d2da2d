/* Pure: the fields of a correction, what of them was changed, and what they look like in a draft. */

import { corners } from "./diff_words.mjs";

export const EMPTY = { label: "", box: null, laterality: "", tooth: null, grade: "", reason_code: "", comment: "", there: true };
const DIFFED = ["label", "box", "laterality", "tooth", "grade"];

/** The fields of a line of the rail (items.mjs) as they stand: the reader's word, else the model's. */
export function fieldsOf(line) {
  const { review } = line;
  const mine = review && review.verdict !== "confirmed" ? review : null;
  return {
    label: line.label,
    box: line.box ?? null,
    laterality: mine?.laterality ?? "",
    tooth: mine?.tooth ?? null,
    grade: mine?.grade ?? "",
    reason_code: mine?.reason_code ?? "",
    comment: review?.comment ?? "",
    there: line.verdict !== "rejected",
  };
}

/** Only what differs, as the API takes it: an absent field stays as it stands. */
export function changedFields(before, after) {
  const changed = {};
  for (const name of [...DIFFED, "reason_code", "comment"]) if (!same(before[name], after[name])) changed[name] = after[name];
  return changed;
}

/** Whether anything is there to be saved: a reason or a comment alone corrects nothing. */
export function isTouched(before, after) {
  return before.there !== after.there || Object.keys(changedFields(before, after)).length > 0;
}

/** The diff of fields against what the model said (null: against nothing), as the server will write it. */
export function diffOf(finding, fields) {
  const said = finding ? { ...EMPTY, label: finding.label, box: finding.box ?? null } : { ...EMPTY };
  const value = (name, from) => (name === "box" ? corners(from.box) : from[name] || null);
  const diff = DIFFED.map((field) => ({ field, from: value(field, said), to: value(field, fields) }));
  return diff.filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

/** A grade belongs to its label's scale; it goes when the label has another. */
export function withLabel(fields, label, grades) {
  const scale = grades[label] ?? [];
  return { ...fields, label, grade: scale.some((grade) => grade.code === fields.grade) ? fields.grade : "" };
}

/** The item of a draft for a line of the rail with the fields of the panel. */
export function draftItem(line, fields, place) {
  const { label, box, laterality, tooth, grade, reason_code, comment } = fields;
  const verdict = line.kind === "added" ? "added" : fields.there ? "corrected" : "rejected";
  return {
    key: String(line.key),
    finding_id: line.finding?.id ?? null,
    review_id: line.review?.id ?? null,
    instance_id: line.finding?.instance_id ?? line.review?.instance_id ?? place.instanceId,
    frame: line.finding?.frame ?? line.review?.frame ?? place.frame,
    verdict,
    label,
    box,
    laterality,
    tooth,
    grade,
    reason_code,
    comment,
  };
}

/** The fields of the panel from an item of a draft. */
export function fieldsOfDraft(item) {
  const { label, box, laterality, tooth, grade, reason_code, comment } = item;
  return { label, box, laterality, tooth, grade, reason_code, comment, there: item.verdict !== "rejected" };
}

function same(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
