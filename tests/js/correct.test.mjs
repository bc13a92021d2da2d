import assert from "node:assert/strict";
import { test } from "node:test";

import { changedWords, diffWords, saidWords } from "../../static/js/study/correct/diff_words.mjs";
import { canonical, draftMerged, draftPairs, retryAfter } from "../../static/js/study/correct/drafts.mjs";
import { changedFields, diffOf, draftItem, fieldsOf, fieldsOfDraft, isTouched, withLabel } from "../../static/js/study/correct/fields.mjs";
import { narrowed } from "../../static/js/study/correct/label_picker.mjs";
import { PERMANENT, PRIMARY, archPlaces, isTooth, sideOf, stepTooth, toothName, toothSize, toothTyped, toothWords, universalOf } from "../../static/js/study/correct/teeth.mjs";

const box = { left: 10, top: 10, right: 30, bottom: 50 };
const finding = { id: "f", label: "caries", box, instance_id: "i", frame: 2 };
const line = (more = {}) => ({ key: "f", kind: "model", finding, review: null, label: "caries", modelLabel: "caries", box, verdict: null, ...more });

test("every tooth has one Universal name and one side", () => {
  const all = [...PERMANENT.upper, ...PERMANENT.lower, ...PRIMARY.upper, ...PRIMARY.lower];
  assert.equal(new Set(all.map(universalOf)).size, 52);
  assert.deepEqual([18, 11, 21, 28, 38, 36, 31, 41, 48, 55, 61, 75, 85].map(universalOf), ["1", "8", "9", "16", "17", "19", "24", "25", "32", "A", "F", "K", "T"]);
  assert.deepEqual([16, 26, 36, 46, 55, 75].map(sideOf), ["R", "L", "L", "R", "R", "L"]);
  assert.equal(all.every(isTooth) && !isTooth(19) && !isTooth(56), true);
});

test("teeth have names and numbers in both systems", () => {
  assert.equal(toothName(36), "lower left first molar");
  assert.equal(toothName(53), "upper right primary canine");
  assert.equal(toothWords(36), "tooth 36 (Universal 19)");
  assert.equal(toothWords(36, "universal"), "tooth 19 (FDI 36)");
});

test("what is typed is a tooth of the numbering that is shown", () => {
  assert.deepEqual([toothTyped("36"), toothTyped("19"), toothTyped(" 55 "), toothTyped("x")], [36, null, 55, null]);
  assert.deepEqual([toothTyped("19", "universal"), toothTyped("k", "universal"), toothTyped("33", "universal")], [36, 75, null]);
});

test("arrows walk through the arches and stop at their ends", () => {
  assert.deepEqual(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].map((key) => stepTooth(11, key)), [12, 21, 11, 41, 18, 28]);
  assert.deepEqual([stepTooth(18, "ArrowLeft"), stepTooth(38, "ArrowRight"), stepTooth(55, "ArrowDown"), stepTooth(36, "x")], [18, 38, 85, 36]);
});

test("teeth stand at equal distances, apart enough for a finger tip of 24 px, and mirrored", () => {
  for (const row of [PERMANENT.upper, PRIMARY.upper]) {
    const places = archPlaces(row, { x: 162, y: 130, halfWidth: 145, halfHeight: 112, upper: true });
    const steps = places.slice(1).map((place, index) => Math.hypot(place.x - places[index].x, place.y - places[index].y));
    assert.equal(Math.min(...steps) >= 24, true);
    assert.equal(places.every((place, index) => Math.abs(place.x + places.at(-1 - index).x - 324) < 1.5), true);
  }
  const lower = archPlaces(PERMANENT.lower, { x: 162, y: 166, halfWidth: 145, halfHeight: 112, upper: false });
  assert.equal(lower.every((place) => place.y >= 166), true);
  assert.equal(toothSize(36)[0] > toothSize(31)[0], true);
});

test("a diff is said in the words of the server", () => {
  const diff = [
    { field: "label", from: "bone_loss", to: "Caries" },
    { field: "box", from: [10, 10, 30, 50], to: [15, 10, 35, 50] },
    { field: "laterality", from: "L", to: null },
    { field: "tooth", from: null, to: 36 },
    { field: "grade", from: "D1", to: "E2" },
  ];
  assert.deepEqual(diffWords(diff), ["label bone loss → caries", "box moved", "side left → none", "tooth 36 (Universal 19)", "grade D1 → E2"]);
  assert.deepEqual(diffWords([{ field: "box", from: [10, 10, 30, 50], to: [10, 10, 40, 50] }]), ["box resized"]);
  assert.deepEqual(diffWords([{ field: "present", from: true, to: false }]), ["not there"]);
  assert.deepEqual(diffWords([{ field: "present", from: false, to: true }, { field: "label", from: null, to: "mass" }]), ["added", "label mass"]);
  assert.deepEqual(changedWords({}), []);
});

test("a review is said whole", () => {
  assert.equal(saidWords({ verdict: "corrected", label: "caries", grade: "D1", tooth: 36, laterality: "L", box }), "caries D1, tooth 36 (Universal 19), left");
  assert.equal(saidWords({ verdict: "added", label: "mass", box: null }), "mass, whole frame");
  assert.equal(saidWords({ verdict: "rejected", label: "Mass", box }), "no mass");
});

test("only what was changed is sent, and an empty field is taken away", () => {
  const review = { verdict: "corrected", laterality: "L", tooth: 36, grade: "D1", reason_code: "", comment: "" };
  const before = fieldsOf(line({ review, verdict: "corrected" }));
  assert.deepEqual(changedFields(before, before), {});
  assert.deepEqual(changedFields(before, { ...before, tooth: null, comment: "x" }), { tooth: null, comment: "x" });
  assert.equal(isTouched(before, before), false);
  assert.equal(isTouched(before, { ...before, there: false }), true);
});

test("a confirmed finding opens as the model said it; a rejected one as not there", () => {
  assert.deepEqual(fieldsOf(line({ review: { verdict: "confirmed", comment: "sure" }, verdict: "confirmed" })), { label: "caries", box, laterality: "", tooth: null, grade: "", reason_code: "", comment: "sure", there: true });
  assert.equal(fieldsOf(line({ review: { verdict: "rejected" }, verdict: "rejected" })).there, false);
});

test("the diff that is shown is the one that the server will write", () => {
  const fields = { ...fieldsOf(line()), tooth: 36, box: { ...box, left: 5 } };
  assert.deepEqual(diffOf(finding, fields), [{ field: "box", from: [10, 10, 30, 50], to: [5, 10, 30, 50] }, { field: "tooth", from: null, to: 36 }]);
  assert.deepEqual(diffOf(finding, fieldsOf(line())), []);
  assert.deepEqual(diffOf(null, fields).map((change) => change.field), ["label", "box", "tooth"]);
});

test("a grade goes when the label has another scale", () => {
  const grades = { caries: [{ code: "D1" }], "secondary caries": [{ code: "D1" }] };
  assert.equal(withLabel({ label: "caries", grade: "D1" }, "calculus", grades).grade, "");
  assert.equal(withLabel({ label: "caries", grade: "D1" }, "secondary caries", grades).grade, "D1");
});

test("an item of a draft holds what the schema of the server asks for, and comes back as fields", () => {
  const fields = { ...fieldsOf(line()), tooth: 36 };
  const item = draftItem(line(), fields, { instanceId: "other", frame: 0 });
  assert.deepEqual(Object.keys(item).sort(), ["box", "comment", "finding_id", "frame", "grade", "instance_id", "key", "label", "laterality", "reason_code", "review_id", "tooth", "verdict"]);
  assert.deepEqual([item.instance_id, item.frame, item.verdict], ["i", 2, "corrected"]);
  assert.deepEqual(fieldsOfDraft(item), fields);
  assert.equal(draftItem(line(), { ...fields, there: false }, {}).verdict, "rejected");
});

test("content is the same whatever the order of its keys", () => {
  assert.equal(canonical({ b: [1, { y: null, x: "é" }], a: 1 }), canonical({ a: 1, b: [1, { x: "é", y: null }] }));
  assert.notEqual(canonical({ a: [1, 2] }), canonical({ a: [2, 1] }));
  assert.equal(canonical(null), "null");
});

test("two versions of a draft are put together item by item, and nothing is lost unless it is dropped", () => {
  const item = (key, comment) => ({ key, comment });
  const stored = { schema: 1, items: [item("a", "theirs"), item("b", "same"), item("c", "only theirs")] };
  const refused = { schema: 1, items: [item("a", "mine"), item("b", "same"), item("d", "only mine")] };
  assert.deepEqual(draftPairs(stored, refused).map(({ key, kind }) => [key, kind]), [["a", "differ"], ["b", "same"], ["d", "mine_only"], ["c", "theirs_only"]]);
  const merged = draftMerged(stored, refused, { a: "theirs", c: "mine" });
  assert.deepEqual(merged.items.map((one) => one.comment), ["theirs", "same", "only mine"]);
  assert.deepEqual(draftMerged(stored, refused, {}).items.map((one) => one.comment), ["mine", "same", "only mine", "only theirs"]);
});

test("a lost connection is tried again ever more rarely, but at least every 15 s", () => {
  assert.deepEqual([0, 1, 2, 3, 9].map(retryAfter), [2000, 4000, 8000, 15000, 15000]);
});

test("labels that begin with what was typed come first", () => {
  assert.deepEqual(narrowed(["chest mass", "emas", "mass"], "mas"), ["chest mass", "mass", "emas"]);
});
