import assert from "node:assert/strict";
import { test } from "node:test";

import { lostWords } from "../../static/js/connection.mjs";
import { administrativeWords } from "../../static/js/worklist/administrative.mjs";
import { urgentWords } from "../../static/js/worklist/announce.mjs";
import { emptyWords } from "../../static/js/worklist/empty.mjs";
import { counted } from "../../static/js/worklist/figures.mjs";
import { handBody, isHanded, nothingWords } from "../../static/js/worklist/hand.mjs";
import { standing, withheld } from "../../static/js/worklist/standing.mjs";
import { Rows } from "../../static/js/worklist/store.mjs";
import { addressOf, filterWords, filtersOf, sameWanted, wantedFrom } from "../../static/js/worklist/wanted.mjs";
import { anchored, revealed, windowOf } from "../../static/js/worklist/window.mjs";

const LANES = ["to_read", "mine", "administrative"];
const row = (id, minute, more = {}) => ({ id, rank: 4, received_at: `2026-11-22T08:${String(minute).padStart(2, "0")}`, reads: [], waiting_seconds: 60, ...more });
const ids = (rows) => rows.ordered().map((one) => one.id);

test("an address says what is shown, and nothing typed into it travels on", () => {
  const wanted = { lane: "mine", triage: "urgent", case_type: "chest" };
  assert.equal(addressOf(wanted), "/?lane=mine&triage=urgent&case_type=chest");
  assert.deepEqual(wantedFrom("?lane=mine&triage=urgent&case_type=chest&patient_id=77", LANES), wanted);
  assert.equal(addressOf({ lane: "to_read" }), "/");
  assert.deepEqual(wantedFrom("?lane=elsewhere", LANES), { lane: "to_read" });
});

test("filters are what is not empty, without the lane", () => {
  assert.deepEqual(filtersOf({ lane: "mine", triage: "", site: "7" }), { site: "7" });
  assert.equal(sameWanted({ lane: "mine", triage: "" }, { lane: "mine" }), true);
});

test("every filter has words", () => {
  const names = { sites: [{ id: "7", name: "Harbour" }], versions: [{ id: "v", name: "bone-yolo 1.0.0" }] };
  assert.equal(filterWords("site", "7", names), "Harbour");
  assert.equal(filterWords("model_version", "v", names), "read by bone-yolo 1.0.0");
  assert.equal(filterWords("claim", "without"), "without a claim");
  assert.match(filterWords("date_from", "2026-11-03"), /^received from .*2026/);
});

test("rows come, change and leave without a new page", () => {
  const rows = new Rows();
  rows.replace([row("a", 1), row("c", 3)], null);
  const done = rows.merge(["a", "b", "c"], [row("a", 1, { rank: 0 }), row("b", 2)]);
  assert.deepEqual([done.arrived.map((one) => one.id), done.changed, done.left], [["b"], ["a"], ["c"]]);
  assert.deepEqual(ids(rows), ["a", "b"]);
});

test("a study is told as urgent when it comes so and when it becomes so, once", () => {
  const rows = new Rows();
  rows.replace([row("a", 1), row("b", 2, { triage_class: "urgent" })], null);
  const urgent = { triage_class: "urgent", rank: 0 };
  const merged = (...ids) => rows.merge(ids, ids.map((id) => row(id, 1, urgent))).urgent.map((one) => one.id);
  assert.deepEqual(merged("a", "b", "c"), ["a", "c"]);
  assert.deepEqual(merged("a", "b", "c"), []);
});

test("what belongs behind the last page waits for its page", () => {
  const rows = new Rows();
  rows.replace([row("a", 1), row("b", 2)], "cursor");
  assert.deepEqual(rows.merge(["z"], [row("z", 9)]).arrived, []);
  rows.append([row("c", 3), row("z", 9)], null);
  assert.deepEqual(ids(rows), ["a", "b", "c", "z"]);
});

test("the row under the hand keeps its place until the hand goes", () => {
  const rows = new Rows();
  rows.replace([row("a", 1), row("b", 2), row("c", 3)], null);
  rows.hold("c");
  rows.merge(["c"], [row("c", 3, { rank: 0 })]);
  assert.deepEqual(ids(rows), ["a", "b", "c"]);
  assert.equal(rows.release(), true);
  assert.deepEqual(ids(rows), ["c", "a", "b"]);
});

test("a row that leaves under the hand stays, greyed, until the hand goes", () => {
  const rows = new Rows();
  rows.replace([row("a", 1), row("b", 2)], null);
  rows.hold("a");
  assert.deepEqual(rows.merge(["a"], []).left, ["a"]);
  assert.equal(rows.get("a").gone, true);
  assert.deepEqual(standing(rows.get("a")), ["no longer in this lane"]);
  rows.release();
  assert.deepEqual(ids(rows), ["b"]);
});

test("of a long list only what is in view, and a margin, is in the document", () => {
  const window = windowOf({ count: 100000, rowHeight: 40, scrollTop: 40000, viewHeight: 800, margin: 10 });
  assert.deepEqual(window, { first: 990, last: 1030 });
  assert.deepEqual(windowOf({ count: 3, rowHeight: 40, scrollTop: 900, viewHeight: 800, margin: 10 }), { first: 3, last: 3 });
});

test("an arrival above moves the view by its height, so that nothing moves on the screen", () => {
  assert.equal(anchored({ scrollTop: 0, before: 3, after: 5, rowHeight: 40 }), 80);
  assert.equal(anchored({ scrollTop: 100, before: -1, after: 2, rowHeight: 40 }), 100);
  assert.equal(revealed({ index: 0, rowHeight: 40, scrollTop: 100, viewHeight: 400 }), 0);
  assert.equal(revealed({ index: 20, rowHeight: 40, scrollTop: 100, viewHeight: 400 }), 440);
});

test("what a blind reader may not see is said to be withheld", () => {
  assert.equal(withheld({ blind: true }), true);
  assert.equal(withheld({ blind: false }), false);
});

test("who has a study is said before where its analysis stands", () => {
  assert.deepEqual(standing(row("a", 1, { leased_by: "M. Sole" })), ["open at M. Sole"]);
  assert.deepEqual(standing(row("a", 1, { leased_by: "you", leased_to_me: true })), ["in your hand"]);
  assert.deepEqual(standing(row("a", 1, { reads: [{ state: "signed", by: "M. Sole" }] })), ["signed by M. Sole"]);
});

test("an administrative row says what to do first", () => {
  const words = administrativeWords({ analysis_reason: "not_a_radiograph: the image looks like a document; send the film itself" });
  assert.deepEqual(words, { act: "Send the film itself", fact: "the image looks like a document" });
  assert.match(administrativeWords({ analysis_reason: "overexposed: too bright" }).act, /exposure/);
  assert.match(administrativeWords({ analysis_reason: "", why_here: "a model failed" }).act, /run the models again/);
});

test("an empty lane says what to do", () => {
  const words = (more) => emptyWords({ lane: "to_read", filtered: false, nothingAtAll: false, mayUpload: true, ...more });
  assert.deepEqual(words({ nothingAtAll: true }).offers, ["upload", "sample"]);
  assert.deepEqual(words({ filtered: true }).offers, ["filters"]);
  assert.deepEqual(words({ lane: "mine" }).offers, ["to_read"]);
});

test("counts that the server stops counting say so", () => {
  assert.deepEqual([0, 999, 1000].map(counted), ["0", "999", "999+"]);
});

test("an empty hand says who has the rest", () => {
  assert.equal(isHanded("to_read"), true);
  assert.equal(isHanded("read_today"), false);
  assert.equal(handBody({ lane: "to_read", triage: "urgent" }).triage, "urgent");
  assert.match(nothingWords(3), /^The 3 that wait here are open/);
  assert.match(nothingWords(0), /^Nothing waits/);
});

test("an urgent arrival is named, without the patient", () => {
  const said = [{ label: "pneumothorax", probability: 0.9, boxes: 0 }];
  assert.equal(urgentWords([{ pseudonym: "P-7F3A", case_type: "chest", said }]), "Urgent: P-7F3A · Chest · pneumothorax");
});

test("a lost connection says since when, and that nothing has to be done", () => {
  const now = new Date(2026, 10, 22, 9, 20);
  const { fact, words } = lostWords(new Date(2026, 10, 22, 9, 14), "Read on.", now);
  assert.equal(fact, "No connection since 09:14.");
  assert.match(words, /^Read on\. Trying again by itself/);
});
