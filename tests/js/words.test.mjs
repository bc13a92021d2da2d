import assert from "node:assert/strict";
import { test } from "node:test";

import { chip, duration, limitWords, probability, reason, span } from "../../static/js/words.mjs";
import { byRank, wantedQuery } from "../../static/js/rows.mjs";
import { needsCaseType, refusal } from "../../static/js/upload.mjs";
import { due } from "../../static/js/activity.mjs";
import { retryDelay, unseen } from "../../static/js/live.mjs";

test("probabilities are never rounded to certainty", () => {
  assert.deepEqual([0.914, 0.996, 1, 0.001, 0, 0.5].map(probability), [".91", ">.99", "1.00", "<.01", ".00", ".50"]);
});

test("waiting times are short and true", () => {
  assert.deepEqual([20, 720, 6720, 200000].map(duration), ["now", "12 m", "1 h 52", "2 d 7 h"]);
  assert.deepEqual([40, 580, null].map(span), ["40 s", "9 m 40", "–"]);
});

test("a limit is said as people say it", () => {
  assert.deepEqual([14400, 5400, 16200].map(limitWords), ["4 h", "1 h 30", "4 h 30"]);
});

test("not analysed is never normal", () => {
  assert.deepEqual(chip({ triage: "", state: "not_analysed" }), { kind: "none", word: "not analysed" });
  assert.deepEqual(chip({ triage: "", state: "analysed" }), { kind: "none", word: "no triage" });
  assert.deepEqual(chip({ triage: "urgent", state: "analysing" }), { kind: "urgent", word: "urgent" });
});

test("the code of a reason is left to programs", () => {
  assert.equal(reason("no_model: No model is routed."), "No model is routed.");
  assert.equal(reason("Plain: words stay"), "Plain: words stay");
});

test("rows are ordered by rank, then the longest waiting", () => {
  const row = (id, rank, received_at) => ({ id, rank, received_at });
  const rows = [row("c", 3, "2026-11-21T10:00"), row("b", 0, "2026-11-21T12:00"), row("a", 0, "2026-11-21T11:00")];
  assert.deepEqual(rows.sort(byRank).map((one) => one.id), ["a", "b", "c"]);
  const read = [row("c", 6, "2026-11-21T10:00"), row("a", 6, "2026-11-21T11:00")];
  assert.deepEqual(read.sort(byRank).map((one) => one.id), ["a", "c"]);
});

test("a query holds only what was asked for", () => {
  assert.equal(wantedQuery({ lane: "to_read", caseType: "", site: null, ids: "1,2" }), "lane=to_read&ids=1%2C2");
});

test("PNG and JPEG need a case type from somebody, DICOM says it itself", () => {
  assert.deepEqual(["a.PNG", "b.jpeg", "c.dcm"].map((name) => needsCaseType(name, "", "")), [true, true, false]);
  assert.equal(needsCaseType("a.png", "image/png", "chest"), false);
  assert.equal(needsCaseType("blob", "image/jpeg", ""), true);
});

test("a refusal says what to do, and whether trying again can help", () => {
  assert.equal(refusal(0, {}).retry, true);
  assert.deepEqual(refusal(422, { message: "Damaged.", remedy: "Export again." }), { message: "Damaged.", remedy: "Export again.", code: "", tag: "", retry: false });
  assert.equal(refusal(409, { message: "Known.", tag: "(0008,0018)" }).tag, "(0008,0018)");
  assert.equal(refusal(503, { message: "Busy." }).retry, true);
});

test("the pause before a reconnect grows, with jitter, to five seconds", () => {
  assert.deepEqual([retryDelay(0, 0), retryDelay(0, 1), retryDelay(20, 1)], [125, 250, 5000]);
});

test("activity is told at most every two minutes", () => {
  assert.deepEqual([due(119000, 0), due(120000, 0)], [false, true]);
});

test("each event is let through once, in order", () => {
  const events = [{ sequence: 5 }, { sequence: 3 }, { sequence: 4 }, { sequence: 4 }];
  assert.deepEqual(unseen(events, 3).map((event) => event.sequence), [4, 5]);
});
