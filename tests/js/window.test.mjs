import assert from "node:assert/strict";
import { test } from "node:test";

import { NEUTRAL, applyTable, describe, dragged, isNeutral, lookupTable } from "../../static/js/viewer/window.mjs";

test("the neutral window changes no grey value", () => {
  const table = lookupTable(NEUTRAL);
  for (let value = 0; value < 256; value += 1) assert.equal(table[value], value);
  assert.ok(isNeutral(NEUTRAL));
});

test("below the window is black, above it white, the centre in the middle", () => {
  const table = lookupTable({ centre: 100, width: 50, inverted: false });
  assert.equal(table[75], 0);
  assert.equal(table[10], 0);
  assert.equal(table[125], 255);
  assert.equal(table[250], 255);
  assert.ok(Math.abs(table[100] - 127.5) <= 0.5);
});

test("inversion mirrors every value", () => {
  const plain = lookupTable({ centre: 90, width: 120, inverted: false });
  const inverted = lookupTable({ centre: 90, width: 120, inverted: true });
  for (let value = 0; value < 256; value += 1) assert.ok(Math.abs(plain[value] + inverted[value] - 255) <= 1);
});

test("dragging stays inside its limits", () => {
  const far = dragged(NEUTRAL, -1e4, 1e4);
  assert.deepEqual([far.width, far.centre], [2, 255]);
  const other = dragged(NEUTRAL, 1e4, -1e4);
  assert.deepEqual([other.width, other.centre], [512, 0]);
});

test("a table is applied to grey and leaves opacity alone", () => {
  const pixels = new Uint8ClampedArray([10, 10, 10, 255, 200, 200, 200, 128]);
  applyTable(pixels, lookupTable({ ...NEUTRAL, inverted: true }));
  assert.deepEqual([...pixels], [245, 245, 245, 255, 55, 55, 55, 128]);
});

test("the window is said in words", () => {
  assert.equal(describe({ centre: 78.4, width: 205, inverted: true }), "W 205 L 78 inverted");
});
