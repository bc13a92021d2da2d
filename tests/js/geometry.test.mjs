import assert from "node:assert/strict";
import { test } from "node:test";

import * as geometry from "../../static/js/viewer/geometry.mjs";

const frame = { width: 1000, height: 500 };
const box = { left: 10, top: 20, right: 110, bottom: 70 };

test("a box may be drawn in any direction and is clipped to the frame", () => {
  const drawn = geometry.boxBetween({ x: 900, y: 40 }, { x: 1200, y: -10 }, frame);
  assert.deepEqual(drawn, { left: 900, top: 0, right: 1000, bottom: 40 });
});

test("a slip of the hand is no box", () => {
  assert.equal(geometry.boxBetween({ x: 10, y: 10 }, { x: 11, y: 300 }, frame), null);
});

test("of nested boxes the inner one is hit", () => {
  const outer = { key: "outer", box: { left: 0, top: 0, right: 100, bottom: 100 } };
  const inner = { key: "inner", box: { left: 40, top: 40, right: 60, bottom: 60 } };
  assert.equal(geometry.boxAt([outer, inner], { x: 50, y: 50 }).key, "inner");
  assert.equal(geometry.boxAt([outer, inner], { x: 10, y: 10 }).key, "outer");
  assert.equal(geometry.boxAt([outer, inner], { x: 500, y: 10 }), null);
});

test("a moved box keeps its size and stays inside the frame", () => {
  assert.deepEqual(geometry.movedBox(box, 5, -7, frame), { left: 15, top: 13, right: 115, bottom: 63 });
  assert.deepEqual(geometry.movedBox(box, -500, 5000, frame), { left: 0, top: 450, right: 100, bottom: 500 });
});

test("sides of a box move alone, never beyond the frame and never past one another", () => {
  assert.deepEqual(geometry.resizedBox(box, ["left", "bottom"], -3, 4, frame), { left: 7, top: 20, right: 110, bottom: 74 });
  assert.deepEqual(geometry.resizedBox(box, ["right"], -5000, 9, frame), { left: 10, top: 20, right: 12, bottom: 70 });
  assert.deepEqual(geometry.resizedBox(box, ["top"], 0, -5000, frame), { left: 10, top: 0, right: 110, bottom: 70 });
});
