import assert from "node:assert/strict";
import { test } from "node:test";

import { labelGround, overlap, paintBoxes } from "../../static/js/viewer/overlay.mjs";

const view = { x: 0, y: 0, scale: 1 };
const box = (left, top) => ({ left, top, right: left + 20, bottom: top + 20 });

/** A canvas context that remembers what was written, and how lines were drawn. */
function notebook() {
  const said = [];
  const dashes = [];
  const nothing = () => {};
  const context = { canvas: { clientWidth: 400 }, said, dashes, globalAlpha: 1 };
  for (const name of ["save", "restore", "beginPath", "moveTo", "lineTo", "stroke", "fillRect", "strokeRect"]) context[name] = nothing;
  context.setLineDash = (dash) => dashes.push(dash);
  context.measureText = (text) => ({ width: text.length * 7 });
  context.fillText = (text) => said.push(text);
  return context;
}

test("a label stands above its box, below it at the upper edge, and never beyond the right edge", () => {
  assert.deepEqual(labelGround({ x: 50, y: 100, height: 20 }, 70, 400), { x: 49, y: 82, width: 78, height: 17 });
  assert.equal(labelGround({ x: 50, y: 5, height: 20 }, 70, 400).y, 27);
  assert.equal(labelGround({ x: 390, y: 100, height: 20 }, 70, 400).x, 322);
});

test("labels that touch do not overlap, labels that cover one another do", () => {
  const one = { x: 0, y: 0, width: 10, height: 10 };
  assert.equal(overlap(one, { x: 10, y: 0, width: 5, height: 5 }), false);
  assert.equal(overlap(one, { x: 9, y: 9, width: 5, height: 5 }), true);
});

test("of labels that would cover one another the chosen one is whole, the next is its number, the rest is left out", () => {
  const context = notebook();
  const item = (left, more) => ({ box: box(left, 100), text: "restoration .90", short: ".90", ...more });
  paintBoxes(context, [item(10), item(90, { selected: true, text: "restoration .80" }), item(100)], view);
  assert.deepEqual(context.said, ["restoration .80", ".90"]);
});

test("a box without its label is dashed, a rejected one dotted, any other is drawn through", () => {
  const context = notebook();
  paintBoxes(context, [{ box: box(0, 50) }, { box: box(50, 50), unsupported: true }, { box: box(99, 50), unsupported: true, rejected: true }], view);
  assert.deepEqual(context.dashes, [[9, 6], [2, 4]]);
});
