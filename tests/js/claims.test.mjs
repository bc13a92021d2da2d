import assert from "node:assert/strict";
import { test } from "node:test";

import { fdiOf } from "../../static/js/claims/bill.mjs";
import { boxPlaced, FIT, moved, placed, zoomed } from "../../static/js/claims/pair_view.mjs";
import { gathered } from "../../static/js/claims/panels.mjs";
import { stateWords } from "../../static/js/claims/row.mjs";

const film = { columns: 400, rows: 200 };
const room = { width: 200, height: 200 };
const teeth = { 11: "8", 36: "19", 55: "A" };

test("a film fits its room, in the middle", () => {
  assert.deepEqual(placed(FIT, film, room), { left: 0, top: 50, width: 200, height: 100, scale: 0.5 });
});

test("zooming keeps the pixel under the pointer", () => {
  const at = { x: 60, y: 80 };
  const before = placed(FIT, film, room);
  const view = zoomed(FIT, 3, at, film, room);
  const after = placed(view, film, room);
  assert.equal(view.zoom, 3);
  assert.ok(Math.abs((at.x - before.left) / before.width - (at.x - after.left) / after.width) < 1e-9);
  assert.ok(Math.abs((at.y - before.top) / before.height - (at.y - after.top) / after.height) < 1e-9);
});

test("zooming out ends at the whole film, and moving stays on it", () => {
  assert.deepEqual(zoomed({ zoom: 1.2, x: 0.1, y: 0.9 }, 0.5, { x: 0, y: 0 }, film, room), FIT);
  assert.deepEqual(moved({ zoom: 2, x: 0.5, y: 0.5 }, { x: 9999, y: -9999 }, film, room), { zoom: 2, x: 0, y: 1 });
});

test("one view shows the same share of films of other sizes", () => {
  const view = { zoom: 4, x: 0.25, y: 0.75 };
  const other = placed(view, { columns: 1200, rows: 600 }, room);
  assert.deepEqual(placed(view, film, room).left, other.left);
});

test("a box follows its film, mirrored too", () => {
  const rect = placed(FIT, film, room);
  const box = { left: 100, top: 20, right: 200, bottom: 120 };
  assert.deepEqual(boxPlaced(box, film, rect, false), { left: 50, top: 60, width: 50, height: 50 });
  assert.deepEqual(boxPlaced(box, film, rect, true), { left: 100, top: 60, width: 50, height: 50 });
});

test("a typed tooth becomes an FDI number or nothing", () => {
  assert.equal(fdiOf("36", "fdi", teeth), "36");
  assert.equal(fdiOf(" 19 ", "universal", teeth), "36");
  assert.equal(fdiOf("a", "universal", teeth), "55");
  assert.equal(fdiOf("", "fdi", teeth), "");
  assert.equal(fdiOf("99", "fdi", teeth), null);
  assert.equal(fdiOf("36", "universal", teeth), null);
});

test("what a model repeats is one line; a reader's word always stands by itself", () => {
  const model = { label: "caries", film: 1, model: "m 1", verdict: "", tooth: null, probability: 0.4 };
  const reader = { ...model, verdict: "confirmed" };
  const lines = gathered([model, { ...model, probability: 0.9 }, reader, reader]);
  assert.deepEqual(lines.map((line) => [line.verdict, line.times, line.probability]), [["", 2, 0.9], ["confirmed", 1, 0.4], ["confirmed", 1, 0.4]]);
});

test("the state of a claim in words", () => {
  assert.equal(stateWords({ state: "open", decision: "" }), "open");
  assert.equal(stateWords({ state: "open", decision: "deny" }), "open again, was denied");
  assert.equal(stateWords({ state: "exported", decision: "accept", decided_by: "Ann" }), "accepted by Ann, sheet taken out");
});
