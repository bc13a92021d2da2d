import assert from "node:assert/strict";
import { test } from "node:test";

import { draggedWindow, greyOf, greyTable, sampleWindow, steppedWindow, windowWords } from "../../static/js/viewer/grey.mjs";
import { presetsFor } from "../../static/js/viewer/presets.mjs";

const about = { slope: 1, intercept: 0, inverted: false, range: [0, 4095], voi: { kind: "window", function: "LINEAR", centre: 2000, width: 2500 } };

test("LINEAR follows C.11.2.1.2.1", () => {
  const window = { centre: 40, width: 400, function: "LINEAR" };
  assert.equal(greyOf(window, -160), 0);
  assert.equal(greyOf(window, 239), 1);
  assert.ok(Math.abs(greyOf(window, 40) - ((40 - 39.5) / 399 + 0.5)) < 1e-12);
});

test("LINEAR of width one is a threshold", () => {
  const window = { centre: 10, width: 1, function: "LINEAR" };
  assert.deepEqual([9, 9.5, 10].map((value) => greyOf(window, value)), [0, 0, 1]);
});

test("LINEAR_EXACT follows C.11.2.1.3.2 and SIGMOID C.11.2.1.3.1", () => {
  assert.equal(greyOf({ centre: 40, width: 400, function: "LINEAR_EXACT" }, 40), 0.5);
  assert.equal(greyOf({ centre: 40, width: 400, function: "LINEAR_EXACT" }, 140), 0.75);
  assert.ok(Math.abs(greyOf({ centre: 40, width: 400, function: "SIGMOID" }, 140) - 1 / (1 + Math.exp(-1))) < 1e-12);
});

test("a table holds the grey of every sample, inverted for MONOCHROME1 and back for the reader", () => {
  const window = { centre: 127.5, width: 255, function: "LINEAR_EXACT" };
  const eight = { ...about, range: [0, 255] };
  assert.deepEqual([...greyTable(eight, window, false, 255)], Array.from({ length: 256 }, (_, value) => value));
  assert.equal(greyTable({ ...eight, inverted: true }, window, false, 255)[0], 255);
  assert.equal(greyTable({ ...eight, inverted: true }, window, true, 255)[0], 0);
});

test("a falling rescale turns the window of the samples round", () => {
  const falling = { ...about, slope: -2, intercept: 1000 };
  const found = sampleWindow(falling, { centre: 400, width: 200, function: "LINEAR_EXACT" }, false);
  assert.deepEqual(found, { lower: 250, upper: 350, sigmoid: false, inverted: true });
});

test("dragging right widens, dragging down darkens, and both have an end", () => {
  const window = { ...about.voi, preset: "stored" };
  assert.ok(draggedWindow(window, 10, 0, about).width > window.width);
  assert.ok(draggedWindow(window, 0, 10, about).centre > window.centre);
  assert.equal(draggedWindow(window, 1, 1, about).preset, null);
  assert.ok(draggedWindow(window, -1e6, 0, about).width >= 1);
  assert.ok(steppedWindow(window, 1e6, 1e6, about).width <= 8 * 4095);
});

test("the window is said in words", () => {
  assert.equal(windowWords({ centre: 40, width: 400 }, false, "soft tissue"), "W 400 L 40 · soft tissue");
  assert.equal(windowWords({ centre: 127.5, width: 255 }, true), "W 255 L 128 · inverted");
});

test("CT has windows in Hounsfield units, radiographs five of their own", () => {
  const ct = presetsFor({ modality: "CT" }, about).map(({ words, window }) => [words, window.width, window.centre]);
  assert.deepEqual(ct, [["soft tissue", 400, 40], ["lung", 1500, -600], ["bone", 2500, 480], ["brain", 80, 40], ["liver", 150, 90]]);
  const film = presetsFor({ modality: "DX", case_type: "chest" }, about);
  assert.deepEqual(film.map(({ words }) => words), ["as stored", "full range", "narrow", "wide", "inverted"]);
  assert.deepEqual(film[1].window, { centre: 2047.5, width: 4095, function: "LINEAR_EXACT" });
  assert.ok(film[2].window.width < 2500 && film[3].window.width > 2500 && film[4].inverted);
});
