import assert from "node:assert/strict";
import { test } from "node:test";

const { KeptActs, keyOf, recordOf } = await import("../../static/js/study/kept_acts.mjs");
const { isInDraft, requestOf, wordsOf } = await import("../../static/js/study/act_requests.mjs");

const STUDY = "11111111-2222-4333-8444-555555555555";
const FINDING = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const REVIEW = "99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee";

function storage() {
  const held = new Map();
  return { held, getItem: (key) => held.get(key) ?? null, setItem: (key, value) => held.set(key, value), removeItem: (key) => held.delete(key) };
}

test("only ids, codes, versions and a time are kept of an act", () => {
  const record = recordOf({ act: "rejected", studyId: STUDY, findingId: FINDING, reason: "artefact", tag: "4f-2", version: 3, at: 5, more: true, comment: "left apex", pseudonym: "P-7F3A", label: "mass" });
  assert.deepEqual(record, { act: "rejected", studyId: STUDY, findingId: FINDING, reason: "artefact", tag: "4f-2", version: 3, at: 5, more: true });
});

test("what does not look like an id or a code is not kept either", () => {
  assert.deepEqual(recordOf({ act: "sign", studyId: STUDY, findingId: "Smith^John", reason: "she said so", tag: "a b", version: "3", at: null, impression: "An opacity" }), { act: "sign", studyId: STUDY });
  for (const given of [null, undefined, {}, { act: "erase", studyId: STUDY }, { act: "toString", studyId: STUDY }, { act: "sign", studyId: "../x" }]) assert.equal(recordOf(given), null);
});

test("kept acts are there after a reload, for the same reader and nobody else", () => {
  const tab = storage();
  const acts = [{ act: "confirm", studyId: STUDY, version: 1, tag: "t", at: 1 }];
  new KeptActs(tab, "reader-1").save(acts);
  assert.deepEqual(new KeptActs(tab, "reader-1").load(), acts);
  assert.deepEqual(new KeptActs(tab, "reader-2").load(), []);
  assert.equal(tab.held.size, 0, "what another reader left is forgotten");
  assert.deepEqual(new KeptActs(tab, "reader-1").load(), []);
});

test("nothing left is nothing stored, and a broken store is empty", () => {
  const tab = storage();
  const kept = new KeptActs(tab, "r");
  kept.save([{ act: "sign", studyId: STUDY }]);
  kept.save([]);
  assert.equal(tab.held.size, 0);
  for (const text of ["{", "null", "[]", '{"reader":"r"}', '{"reader":"r","acts":[7,{"act":"sign"}]}']) {
    tab.setItem("second-reader.unsent", text);
    assert.deepEqual(kept.load(), []);
  }
  new KeptActs({ ...tab, setItem: () => { throw new Error("full"); } }, "r").save([{ act: "sign", studyId: STUDY }]);
});

test("an act is sent as it was meant, under the version that was seen", () => {
  const of = (more) => requestOf({ studyId: STUDY, findingId: FINDING, reviewId: REVIEW, version: 4, ...more });
  assert.deepEqual(of({ act: "confirm" }), { path: `/api/studies/${STUDY}/confirm/`, method: "POST", body: { expected_version: 4 } });
  assert.deepEqual(of({ act: "sign" }).body, { expected_version: 4 });
  assert.deepEqual(of({ act: "confirmed" }), { path: `/api/findings/${FINDING}/reviews/`, method: "POST", body: { verdict: "confirmed" } });
  assert.deepEqual(of({ act: "rejected", reason: "artefact" }).body, { verdict: "rejected", reason_code: "artefact" });
  assert.deepEqual(of({ act: "removed" }), { path: `/api/reviews/${REVIEW}/`, method: "DELETE", body: undefined });
  assert.deepEqual(of({ act: "commit", impression: "normal" }).body, { impression: "normal" });
  assert.deepEqual(of({ act: "undo" }).body, {});
  assert.deepEqual(of({ act: "second" }).body, { comment: "" });
});

test("an act whose words or box are not kept is not sent without them", () => {
  assert.equal(requestOf({ act: "corrected", studyId: STUDY, findingId: FINDING }), null);
  assert.equal(requestOf({ act: "added", studyId: STUDY }), null);
  assert.equal(requestOf({ act: "second", studyId: STUDY, more: true }), null);
  assert.equal(requestOf({ act: "rejected", studyId: STUDY, findingId: FINDING, more: true }), null);
  assert.equal(requestOf({ act: "confirmed", studyId: STUDY }), null, "a finding that is not named");
});

test("what was typed is looked for in the server's draft", () => {
  const draft = { content: { items: [{ finding_id: FINDING, review_id: null, verdict: "corrected" }, { finding_id: null, review_id: REVIEW, verdict: "added" }] } };
  assert.equal(isInDraft({ act: "corrected", findingId: FINDING }, draft), true);
  assert.equal(isInDraft({ act: "corrected", reviewId: REVIEW }, draft), true);
  assert.equal(isInDraft({ act: "added" }, draft), false, "one that was added before is no new one");
  assert.equal(isInDraft({ act: "second" }, draft), false);
  assert.equal(isInDraft({ act: "corrected", findingId: FINDING }, null), false);
});

test("a newer act on the same thing replaces the older one, and is named without a word of the models", () => {
  assert.equal(keyOf({ act: "confirmed", studyId: STUDY, findingId: FINDING, tag: "1" }), keyOf({ act: "confirmed", studyId: STUDY, findingId: FINDING, tag: "2" }));
  assert.notEqual(keyOf({ act: "confirm", studyId: STUDY }), keyOf({ act: "sign", studyId: STUDY }));
  assert.notEqual(keyOf({ act: "added", studyId: STUDY, label: "mass" }), keyOf({ act: "added", studyId: STUDY, label: "nodule" }), "two new boxes are two acts");
  assert.equal(wordsOf({ act: "confirm" }, "P-7F3A"), "Confirm · P-7F3A");
});
