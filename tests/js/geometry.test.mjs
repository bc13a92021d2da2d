import assert from "node:assert/strict";
import { test } from "node:test";

import * as geometry from "../../static/js/viewer/geometry.mjs";

const frame = { width: 1000, height: 500 };
const screen = { width: 400, height: 400 };

test("a fitted frame is whole and centred", () => {
  assert.deepEqual(geometry.fit(frame, screen), { scale: 0.4, x: 0, y: 100 });
});

test("frame to screen and back is the same point, to far less than a pixel", () => {
  const view = { scale: 3.7, x: -120.5, y: 33.25 };
  const point = { x: 512.3, y: 7.9 };
  const there = geometry.toFrame(view, geometry.toScreen(view, point));
  assert.ok(Math.abs(there.x - point.x) < 1e-9 && Math.abs(there.y - point.y) < 1e-9);
});

test("zooming keeps the pixel under the pointer where it is", () => {
  const view = geometry.fit(frame, screen);
  const pointer = { x: 130, y: 210 };
  const before = geometry.toFrame(view, pointer);
  const after = geometry.toFrame(geometry.zoomAt(view, pointer, 2.5, frame, screen), pointer);
  assert.ok(Math.hypot(after.x - before.x, after.y - before.y) < 1e-9);
});

test("zoom has a nearest and a furthest", () => {
  const view = geometry.fit(frame, screen);
  assert.equal(geometry.zoomAt(view, { x: 200, y: 200 }, 1e6, frame, screen).scale, 16);
  assert.equal(geometry.zoomAt(view, { x: 200, y: 200 }, 1e-6, frame, screen).scale, 0.2);
});

test("the frame cannot be dragged out of sight", () => {
  const far = geometry.panBy(geometry.fit(frame, screen), 1e5, -1e5, frame, screen);
  const corner = geometry.toScreen(far, { x: 0, y: frame.height });
  assert.ok(corner.x < screen.width && corner.y > 0);
});

test("a resized screen shows the same centre at the same relative size", () => {
  const view = geometry.zoomAt(geometry.fit(frame, screen), { x: 100, y: 150 }, 3, frame, screen);
  const wider = { width: 800, height: 800 };
  const after = geometry.resized(view, screen, wider, frame);
  const centre = geometry.toFrame(view, { x: 200, y: 200 });
  const centreAfter = geometry.toFrame(after, { x: 400, y: 400 });
  assert.ok(Math.hypot(centre.x - centreAfter.x, centre.y - centreAfter.y) < 1e-9);
  assert.equal(after.scale, view.scale * 2);
});

test("a box may be drawn in any direction and is clipped to the frame", () => {
  const box = geometry.boxBetween({ x: 900, y: 40 }, { x: 1200, y: -10 }, frame);
  assert.deepEqual(box, { left: 900, top: 0, right: 1000, bottom: 40 });
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
