import assert from "node:assert/strict";
import { test } from "node:test";

import { around, positionIn, stackOf, stacksOf } from "../../static/js/study/stack.mjs";

const slice = (id, more = {}) => ({ id, series_id: "s", modality: "CT", rows: 512, columns: 512, frames: 1, ...more });
const names = (stack) => stack.map(({ instance, frame }) => `${instance.id}${frame}`);

test("slices of one series are one stack, in the order of the study", () => {
  const all = [slice("a"), slice("b"), slice("c")];
  assert.deepEqual(names(stackOf(all, "b")), ["a0", "b0", "c0"]);
  assert.equal(stacksOf(all).length, 1);
});

test("a localizer of another size and another series stand apart", () => {
  const all = [slice("scout", { columns: 300 }), slice("a"), slice("b"), slice("other", { series_id: "t" })];
  assert.deepEqual(stacksOf(all).map(names), [["scout0"], ["a0", "b0"], ["other0"]]);
});

test("radiographs of one series are images by themselves, with all their frames", () => {
  const all = [slice("pa", { modality: "DX" }), slice("lateral", { modality: "DX", frames: 2 })];
  assert.deepEqual(stacksOf(all).map(names), [["pa0"], ["lateral0", "lateral1"]]);
  assert.deepEqual(stackOf(all, "gone"), []);
});

test("a place is found in its stack, and its neighbours the nearest first", () => {
  const stack = stackOf([slice("a"), slice("b"), slice("c"), slice("d")], "a");
  assert.equal(positionIn(stack, { instanceId: "c", frame: 0 }), 2);
  assert.equal(positionIn(stack, { instanceId: "c", frame: 1 }), -1);
  assert.deepEqual(names(around(stack, 1, 2)), ["c0", "a0"]);
  assert.deepEqual(names(around(stack, 3, 9)), ["c0", "b0", "a0"]);
});
