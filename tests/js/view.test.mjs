import assert from "node:assert/strict";
import { test } from "node:test";

import * as view from "../../static/js/viewer/view.mjs";

const frame = { width: 1000, height: 500 };
const size = { width: 400, height: 400 };
const near = (one, other, within = 1e-9) => assert.ok(Math.hypot(one.x - other.x, one.y - other.y) < within, `${JSON.stringify(one)} ${JSON.stringify(other)}`);
const poses = [0, 90, 180, 270].flatMap((rotation) => [false, true].flatMap((flippedX) => [false, true].map((flippedY) => ({ ...view.FITTED, rotation, flippedX, flippedY }))));

test("a fitted frame is whole and centred, lying or standing", () => {
  near(view.toScreen(view.matrixOf(view.FITTED, frame, size), { x: 0, y: 0 }), { x: 0, y: 100 });
  near(view.toScreen(view.matrixOf({ ...view.FITTED, rotation: 90 }, frame, size), { x: 0, y: 0 }), { x: 300, y: 0 });
});

test("frame to screen and back is the same point, to far less than a pixel, in every pose", () => {
  for (const pose of poses) {
    const matrix = view.matrixOf({ ...pose, zoom: 3.7, centre: { x: 700.5, y: 33.25 } }, frame, size, 1.5);
    near(view.toFrame(matrix, view.toScreen(matrix, { x: 512.3, y: 7.9 })), { x: 512.3, y: 7.9 });
  }
});

test("zooming keeps the point under the pointer where it is, in every pose", () => {
  for (const pose of poses) {
    const pointer = { x: 190, y: 210 };
    const before = view.toFrame(view.matrixOf(pose, frame, size), pointer);
    const after = view.toFrame(view.matrixOf(view.zoomedAt(pose, pointer, 2.5, frame, size), frame, size), pointer);
    near(before, after, 1e-6);
  }
});

test("zoom has a nearest and a furthest", () => {
  assert.equal(view.scaleOf(view.zoomedAt(view.FITTED, { x: 200, y: 200 }, 1e6, frame, size), frame, size), 32);
  assert.equal(view.zoomedAt(view.FITTED, { x: 200, y: 200 }, 1e-6, frame, size).zoom, 0.5);
});

test("panning follows the hand whatever way the film is turned, and never loses the film", () => {
  for (const pose of poses) {
    const before = view.toFrame(view.matrixOf(pose, frame, size), { x: 200, y: 200 });
    const moved = view.pannedBy(pose, 11, -7, frame, size);
    near(view.toScreen(view.matrixOf(moved, frame, size), before), { x: 211, y: 193 }, 1e-6);
    const far = view.pannedBy(pose, 1e6, 1e6, frame, size).centre;
    assert.ok(far.x >= 0 && far.x <= frame.width && far.y >= 0 && far.y <= frame.height);
  }
});

test("turning and flipping act on what is seen", () => {
  const corner = (pose) => view.toScreen(view.matrixOf(pose, frame, size), { x: 0, y: 0 });
  for (const pose of poses) {
    const { x, y } = corner(pose);
    near(corner(view.rotatedBy(pose, 90)), { x: 400 - y, y: x }, 1e-9);
    near(corner(view.flipped(pose, "horizontal")), { x: 400 - x, y }, 1e-9);
    near(corner(view.flipped(pose, "vertical")), { x, y: 400 - y }, 1e-9);
  }
});

test("one to one is one pixel of the device for one of the film", () => {
  assert.equal(view.scaleOf(view.oneToOne(view.FITTED, frame, size, 2), frame, size), 0.5);
});

test("a film shown small is reduced by whole steps, and never below the pixels of the screen", () => {
  assert.deepEqual([1.5, 1, 0.6, 0.5, 0.34, 0.3, 0.1].map((scale) => view.reduction(scale)), [1, 1, 1, 2, 2, 3, 8].map((step) => ({ x: step, y: step })));
  assert.deepEqual(view.reduction(0.25, { x: 1, y: 2 }), { x: 4, y: 2 });
});

test("the shorter side of a pixel is 1, so that no sample is lost at 1:1", () => {
  assert.deepEqual([1, undefined, null, 0, 2, 0.5].map(view.pixelOf), [view.SQUARE, view.SQUARE, view.SQUARE, view.SQUARE, { x: 1, y: 2 }, { x: 2, y: 1 }]);
  const tall = { width: 100, height: 100, pixel: { x: 1, y: 2 } };
  assert.equal(view.scaleOf(view.oneToOne(view.FITTED, tall, size, 2), tall, size), 0.5);
});

test("a frame of tall pixels is fitted and drawn tall, lying or standing, and its places come back", () => {
  const tall = { width: 100, height: 100, pixel: { x: 1, y: 2 } };
  near(view.toScreen(view.matrixOf(view.FITTED, tall, size), { x: 0, y: 0 }), { x: 100, y: 0 });
  near(view.toScreen(view.matrixOf(view.FITTED, tall, size), { x: 100, y: 50 }), { x: 300, y: 200 });
  near(view.toScreen(view.matrixOf({ ...view.FITTED, rotation: 90 }, tall, size), { x: 0, y: 0 }), { x: 400, y: 100 });
  for (const pose of poses) {
    const matrix = view.matrixOf({ ...pose, zoom: 3.7, centre: { x: 70.5, y: 33.25 } }, tall, size, 1.5);
    near(view.toFrame(matrix, view.toScreen(matrix, { x: 51.3, y: 7.9 })), { x: 51.3, y: 7.9 });
    const pointer = { x: 190, y: 210 };
    const under = (one) => view.toFrame(view.matrixOf(one, tall, size), pointer);
    near(under(pose), under(view.zoomedAt(pose, pointer, 2.5, tall, size)), 1e-6);
  }
});

test("arrow keys follow the screen on a turned film", () => {
  const turned = view.matrixOf({ ...view.FITTED, rotation: 90 }, frame, size);
  assert.deepEqual(view.alongFrame(turned, 1, 0), { dx: 0, dy: -1 });
  assert.deepEqual(view.alongFrame(view.matrixOf({ ...view.FITTED, flippedX: true }, frame, size), 1, 0), { dx: -1, dy: 0 });
});
