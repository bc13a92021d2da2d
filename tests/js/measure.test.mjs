import assert from "node:assert/strict";
import { test } from "node:test";

import { measured, statisticsOf } from "../../static/js/viewer/measure.mjs";

const line = [[10, 20, 0], [40, 60, 0]];

test("a length is in millimetres by Pixel Spacing, and in pixels without, and says which", () => {
  assert.deepEqual(measured("length", line, null), { value: 50, unit: "px", text: "50 px" });
  assert.equal(measured("length", line, [0.2, 0.2]).text, "10.0 mm");
});

test("Pixel Spacing names rows before columns", () => {
  assert.equal(measured("length", [[0, 0, 0], [100, 0, 0]], [0.5, 0.1]).text, "10.0 mm");
  assert.equal(measured("length", [[0, 0, 0], [0, 100, 0]], [0.5, 0.1]).text, "50.0 mm");
});

test("an angle is that of the film, not of its pixels", () => {
  const corner = [[0, 100, 0], [0, 0, 0], [100, 100, 0]];
  assert.equal(measured("angle", corner, null).text, "45.0°");
  assert.equal(measured("angle", corner, [1, Math.sqrt(3)]).text, "60.0°");
  assert.equal(measured("angle", corner.slice(0, 2), null).value, 0);
});

test("a rectangle says its sides and the values in it", () => {
  const samples = { about: { slope: 2, intercept: -10, voi: { kind: "window" } }, data: Uint16Array.from([1, 2, 3, 4, 5, 6]), rows: 2, columns: 3, channels: 1 };
  const corners = [[1, 0, 0], [3, 0, 0], [1, 2, 0], [3, 2, 0]];
  assert.deepEqual(statisticsOf(samples, corners), { mean: -2, low: -6, high: 2 });
  assert.equal(measured("rectangle", corners, [0.5, 0.5], (points) => statisticsOf(samples, points)).text, "1.0 × 1.0 mm · mean -2 (-6 to 2)");
});

test("after a lookup table, and of colour, a rectangle has no values to tell", () => {
  const samples = { about: { slope: 1, intercept: 0, voi: { kind: "table" } }, data: new Uint16Array(4), rows: 2, columns: 2, channels: 1 };
  assert.equal(statisticsOf(samples, [[0, 0], [2, 0], [0, 2], [2, 2]]), null);
});

test("without Pixel Spacing lengths are in the shorter side of a pixel, and angles are those of the film", () => {
  const tall = { x: 1, y: 2 };
  assert.equal(measured("length", [[0, 0, 0], [0, 100, 0]], null, undefined, tall).text, "200 px");
  assert.equal(measured("angle", [[10, 0, 0], [0, 0, 0], [10, 5, 0]], null, undefined, tall).text, "45.0°");
  assert.equal(measured("length", [[0, 0, 0], [0, 100, 0]], [0.5, 0.25], undefined, tall).text, "50.0 mm");
});
