import assert from "node:assert/strict";
import { test } from "node:test";

import { boxesOf, firstPlace, heatmapOf, isUpFront, kindsDrawn, labelIsPositive, linesOf, positivesByPlace, stepKey, unboxedOf } from "../../static/js/study/items.mjs";

const box = { left: 1, top: 2, right: 30, bottom: 40 };
const finding = (id, more = {}) => ({ id, instance_id: "i", frame: 0, label: id, probability: 0.5, positive: false, box: null, heatmap: true, ...more });
const review = (id, more = {}) => ({ id, finding_id: null, instance_id: "i", frame: 0, label: "nodule", verdict: "added", box, ...more });
const linesFor = (findings, reviews = []) => linesOf({ findings, reviews, instanceId: "i", frame: 0 });

test("positive findings come first, then by probability, then what the reader added", () => {
  const lines = linesFor([finding("low", { probability: 0.9 }), finding("high", { probability: 0.6, positive: true })], [review("mine")]);
  assert.deepEqual(lines.map((line) => line.key), ["high", "low", "mine"]);
});

test("the reader's own finding keeps its key through its versions", () => {
  const [line] = linesFor([], [review("second", { item_id: "first" })]);
  assert.deepEqual([line.key, line.review.id], ["first", "second"]);
});

test("only the frame that is open is listed", () => {
  assert.deepEqual(linesFor([finding("here"), finding("other", { frame: 3 })]).map((line) => line.key), ["here"]);
});

test("a correction shows the reader's label and box and keeps the model's word", () => {
  const moved = { left: 5, top: 5, right: 20, bottom: 20 };
  const [line] = linesFor([finding("mass", { box, positive: true })], [review("r", { finding_id: "mass", verdict: "corrected", label: "nodule", box: moved })]);
  assert.deepEqual([line.label, line.modelLabel, line.box, line.boxIsMine], ["nodule", "mass", moved, true]);
});

test("below the operating point is folded away until it is judged", () => {
  const [plain] = linesFor([finding("mass")]);
  const [judged] = linesFor([finding("mass")], [review("r", { finding_id: "mass", verdict: "confirmed", label: "mass", box: null })]);
  assert.deepEqual([isUpFront(plain), isUpFront(judged)], [false, true]);
});

test("a box below the operating point is drawn only while it is chosen", () => {
  const lines = linesFor([finding("weak", { box }), finding("strong", { box, positive: true })]);
  const keys = (chosen) => boxesOf(lines, chosen, () => "").map((item) => item.key);
  assert.deepEqual(keys(null), ["strong"]);
  assert.deepEqual(keys("weak"), ["strong", "weak"]);
});

test("a rejected box stays, marked", () => {
  const lines = linesFor([finding("mass", { box, positive: true })], [review("r", { finding_id: "mass", verdict: "rejected", label: "mass" })]);
  assert.equal(boxesOf(lines, null, () => "")[0].rejected, true);
});

test("a box of a detector borrows the heatmap of the classifier that says the same", () => {
  const lines = linesFor([finding("a", { label: "fracture" }), finding("b", { label: "fracture", box, heatmap: false, positive: true })]);
  const line = lines.find((one) => one.key === "b");
  assert.equal(heatmapOf(line, lines).id, "a");
});

test("a box without its label is drawn as such until the reader has drawn another", () => {
  const joined = finding("mass", { box, positive: true, support: "box_only" });
  const [item] = boxesOf(linesFor([joined]), null, () => "");
  assert.equal(item.unsupported, true);
  const moved = review("r", { finding_id: "mass", verdict: "corrected", label: "mass", box: { ...box, right: 35 } });
  assert.equal(boxesOf(linesFor([joined], [moved]), null, () => "")[0].unsupported, false);
});

test("a positive label without a box is outlined until the reader has given it one", () => {
  const unboxed = finding("mass", { positive: true, support: "map_only" });
  assert.deepEqual(unboxedOf(linesFor([unboxed, finding("plain", { positive: true })])).map((line) => line.key), ["mass"]);
  const drawn = review("r", { finding_id: "mass", verdict: "corrected", label: "mass", box });
  assert.deepEqual(unboxedOf(linesFor([unboxed], [drawn])), []);
});

test("the key explains what is drawn and nothing else", () => {
  const solid = { mine: false, unsupported: false, rejected: false };
  assert.deepEqual(kindsDrawn([solid, { ...solid, unsupported: true }], ["one"]), ["both", "box_only", "map_only"]);
  assert.deepEqual(kindsDrawn([{ ...solid, mine: true }, { ...solid, rejected: true }], []), []);
});

test("of a joined finding the map belongs to the label", () => {
  assert.equal(labelIsPositive(finding("mass", { positive: true, second: { positive: false } })), false);
  assert.equal(labelIsPositive(finding("mass", { positive: true, second: null })), true);
});

test("the page opens where the strongest positive finding is", () => {
  const instances = [{ id: "i" }, { id: "j" }];
  const findings = [finding("a", { positive: true }), finding("b", { positive: true, probability: 0.8, instance_id: "j", frame: 7 })];
  assert.deepEqual(firstPlace(findings, instances), { instanceId: "j", frame: 7 });
  assert.deepEqual(firstPlace([], instances), { instanceId: "i", frame: 0 });
  assert.equal(positivesByPlace(findings).get("j:7"), 1);
});

test("Tab goes around", () => {
  assert.equal(stepKey(["a", "b"], "b", 1), "a");
  assert.equal(stepKey(["a", "b"], null, -1), "b");
  assert.equal(stepKey([], "a", 1), null);
});
