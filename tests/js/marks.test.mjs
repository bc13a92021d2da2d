import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY_SCENE, boxesOf, handlesOf, labelGround, overlap, paintReaders, paintScene, placeOf } from "../../static/js/viewer/marks.mjs";
import { emptyBelow, opacityAt, scaleWords } from "../../static/js/viewer/scale.mjs";

const PLAIN = [1, 0, 0, 1, 0, 0];
const QUARTER = [0, 1, -1, 0, 400, 0];
const box = (left, top) => ({ left, top, right: left + 20, bottom: top + 20 });

/** A canvas context that remembers what was written, and how lines were drawn. */
function notebook() {
  const said = [];
  const dashes = [];
  const colours = [];
  const context = { said, dashes, colours, globalAlpha: 1 };
  for (const name of ["save", "restore", "beginPath", "moveTo", "lineTo", "stroke", "fillRect", "setTransform", "drawImage"]) context[name] = () => {};
  context.strokeRect = () => colours.push(context.strokeStyle);
  context.setLineDash = (dash) => dashes.push(dash);
  context.measureText = (text) => ({ width: text.length * 7 });
  context.fillText = (text) => said.push(text);
  return context;
}

const given = (boxes, more = {}) => ({ scene: { ...EMPTY_SCENE, boxes }, frame: { width: 400, height: 400 }, matrix: PLAIN, ratio: 1, limit: 400, edited: null, ...more });

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
  paintScene(context, given([item(10), item(90, { selected: true, text: "restoration .80" }), item(100)]));
  assert.deepEqual(context.said, ["restoration .80", ".90"]);
});

test("a box without its label is dashed, a rejected one dotted, any other is drawn through", () => {
  const context = notebook();
  paintScene(context, given([{ box: box(0, 50) }, { box: box(50, 50), unsupported: true }, { box: box(99, 50), unsupported: true, rejected: true }]));
  assert.deepEqual(context.dashes, [[9, 6], [2, 4]]);
});

test("the reader's boxes are white, the model's are not", () => {
  const context = notebook();
  const scene = { ...EMPTY_SCENE, boxes: [{ box: box(0, 50) }], readerBoxes: [{ box: box(60, 50) }] };
  paintScene(context, { ...given([]), scene });
  assert.deepEqual(context.colours, ["#b79cff", "#ffffff"]);
});

test("the original shows only the box that the reader works on", () => {
  const context = notebook();
  paintReaders(context, given([{ box: box(0, 50), text: "model", selected: true }, { box: box(50, 50), text: "mine", mine: true }, { box: box(99, 50), text: "chosen", mine: true, selected: true }]));
  assert.deepEqual(context.said, ["chosen"]);
});

test("a box that is being edited is where it is now, and the reader's", () => {
  const scene = { ...EMPTY_SCENE, boxes: [{ key: "a", box: box(0, 0) }] };
  assert.deepEqual(boxesOf(scene, { key: "a", box: box(7, 8) }), [{ key: "a", box: box(7, 8), mine: true }]);
});

test("a turned box is upright on the screen, and its handles move the right sides of the film", () => {
  assert.deepEqual(placeOf(QUARTER, { left: 10, top: 20, right: 40, bottom: 80 }), { x: 320, y: 10, width: 60, height: 30 });
  const handle = handlesOf(QUARTER, { left: 10, top: 20, right: 40, bottom: 80 }).find(({ sides }) => sides.join() === "left,top");
  assert.deepEqual(handle.point, { x: 380, y: 10 });
});

test("a threshold empties what lies below it on the scale, and nothing else", () => {
  const stops = [[0, 0, 0, 0], [0, 0, 0, 100], [0, 0, 0, 200]];
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1].map((share) => opacityAt(stops, share)), [0, 50, 100, 150, 200]);
  const pixels = Uint8ClampedArray.from([1, 2, 3, 99, 1, 2, 3, 100]);
  emptyBelow(pixels, opacityAt(stops, 0.5));
  assert.deepEqual([...pixels], [1, 2, 3, 0, 1, 2, 3, 100]);
});

test("the scale says what it measures", () => {
  assert.deepEqual(scaleWords("0.02"), ["0", "+0.02", "contribution to the logit, per cell"]);
});
