/* Paints what is said about a film over it: heatmaps, outlines, boxes, labels. Violet is the model's, white is the reader's; solid is a box
 * that its label and its map support, dashed one that they do not. Places come through one matrix from pixels of the frame to CSS pixels. */

import { aboveThreshold } from "./scale.mjs";
import { toScreen } from "./view.mjs";

const MODEL = "#b79cff";
const READER = "#ffffff";
const FONT = '600 12px "Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif';
const LABEL_GROUND = "#0a0c0fcc";
const HANDLE = 9;
const SIDES = [["left", "top"], ["top"], ["right", "top"], ["right"], ["right", "bottom"], ["bottom"], ["left", "bottom"], ["left"]];

export const EMPTY_SCENE = Object.freeze({ heatmaps: [], boxes: [], readerBoxes: [], outlines: [], peak: null, marks: "all" });

/** An empty canvas of the pixels of its place, drawn on in CSS pixels. */
export function cleared(canvas, ratio) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Everything of a scene. given: {scene, frame, matrix, ratio, stops, edited: {key, box} or null, limit: CSS width of the pane}. */
export function paintScene(context, given) {
  const { scene } = given;
  for (const item of scene.heatmaps) paintMap(context, given, aboveThreshold(item.bitmap, given.stops, item), item.opacity);
  for (const item of scene.outlines) paintOutline(context, given, item);
  if (scene.peak) paintPeak(context, toScreen(given.matrix, scene.peak));
  paintBoxes(context, given, boxesOf(scene, given.edited));
}

/** What stands on the original too: the box that the reader works on. */
export function paintReaders(context, given) {
  paintBoxes(context, given, boxesOf(given.scene, given.edited).filter((item) => item.mine && item.selected));
}

/** The scene's boxes, with the one that is being edited where it is now. */
export function boxesOf(scene, edited = null) {
  const all = [...scene.boxes, ...scene.readerBoxes.map((item) => ({ ...item, mine: true }))];
  const shown = edited ? all.map((item) => (item.key === edited.key ? { ...item, box: edited.box, mine: true } : item)) : all;
  return shown.filter((item) => item.box);
}

/** The map covers the whole frame, whatever its own size is. */
function paintMap(context, { frame, matrix, ratio }, bitmap, opacity) {
  if (!(opacity > 0)) return;
  context.save();
  context.setTransform(...matrix.map((value) => value * ratio));
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = true;
  context.drawImage(bitmap, 0, 0, frame.width, frame.height);
  context.restore();
}

function paintOutline(context, given, item) {
  paintMap(context, given, item.bitmap, item.selected ? 1 : 0.75);
  const place = outlineLabel(context, given, item);
  if (place) paintLabel(context, item, place);
}

function outlineLabel(context, { matrix, limit }, item) {
  if (!item.text || !item.peak) return null;
  const peak = toScreen(matrix, item.peak);
  context.font = FONT;
  return labelGround({ x: peak.x + 10, y: peak.y - 10, height: 0 }, context.measureText(item.text).width, limit);
}

/** The outline whose label is at a point of the pane, or whose peak is near it. */
export function outlineAt(context, given, point) {
  return given.scene.outlines.find((item) => {
    const peak = item.peak && toScreen(given.matrix, item.peak);
    if (peak && Math.hypot(peak.x - point.x, peak.y - point.y) < 14) return true;
    const place = outlineLabel(context, given, item);
    return place && overlap(place, { ...point, width: 0, height: 0 });
  });
}

/** The rectangle on the pane that a box of the frame becomes; a quarter turn keeps it upright. */
export function placeOf(matrix, box) {
  const corners = [[box.left, box.top], [box.right, box.bottom]].map(([x, y]) => toScreen(matrix, { x, y }));
  const [x, y] = [Math.min(corners[0].x, corners[1].x), Math.min(corners[0].y, corners[1].y)];
  return { x, y, width: Math.abs(corners[1].x - corners[0].x), height: Math.abs(corners[1].y - corners[0].y) };
}

function paintBoxes(context, given, items) {
  const placed = items.map((item) => ({ item, place: placeOf(given.matrix, item.box) }));
  for (const { item, place } of placed) paintBox(context, item, place);
  paintLabels(context, placed, given.limit);
  for (const { item } of placed) if (item.editable && item.selected) paintHandles(context, given.matrix, item.box);
}

function paintBox(context, item, { x, y, width, height }) {
  context.save();
  context.strokeStyle = item.mine ? READER : MODEL;
  context.lineWidth = item.selected ? 3 : 1.5;
  context.globalAlpha = item.rejected || item.below ? 0.55 : 1;
  if (item.rejected) context.setLineDash([2, 4]);
  else if (item.unsupported) context.setLineDash([9, 6]);
  context.strokeRect(x, y, width, height);
  if (item.rejected) {
    context.beginPath();
    context.moveTo(x, y + height);
    context.lineTo(x + width, y);
    context.stroke();
  }
  context.restore();
}

/** The chosen one's first; a label that would cover another is cut to its number, or left to the list. */
function paintLabels(context, placed, limit) {
  const taken = [];
  context.font = FONT;
  for (const { item, place } of [...placed].sort((one, other) => Boolean(other.item.selected) - Boolean(one.item.selected))) {
    for (const text of [item.text, item.short].filter(Boolean)) {
      const ground = labelGround(place, context.measureText(text).width, limit);
      if (taken.some((other) => overlap(ground, other))) continue;
      taken.push(ground);
      paintLabel(context, { ...item, text }, ground);
      break;
    }
  }
}

/** Where a label of that width stands: above what it names, or below it at the upper edge; inside `limit` at the right. */
export function labelGround({ x, y, height }, width, limit) {
  const bottom = y > 20 ? y - 2 : y + height + 18;
  return { x: Math.max(0, Math.min(x - 1, limit - width - 8)), y: bottom - 16, width: width + 8, height: 17 };
}

export function overlap(one, other) {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
}

function paintLabel(context, item, { x, y, width, height }) {
  context.save();
  context.globalAlpha = item.rejected || item.below ? 0.7 : 1;
  context.font = FONT;
  context.textBaseline = "bottom";
  context.fillStyle = LABEL_GROUND;
  context.fillRect(x, y, width, height);
  context.fillStyle = item.mine ? READER : MODEL;
  context.fillText(item.text, x + 4, y + height - 1);
  context.restore();
}

/** The box that is being drawn. */
export function paintDraft(context, { matrix }, box, { handles = false } = {}) {
  const { x, y, width, height } = placeOf(matrix, box);
  context.save();
  context.strokeStyle = READER;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.strokeRect(x, y, width, height);
  context.restore();
  if (handles) paintHandles(context, matrix, box);
}

function paintHandles(context, matrix, box) {
  context.save();
  context.fillStyle = READER;
  context.strokeStyle = "#0a0c0f";
  context.lineWidth = 1;
  for (const { point } of handlesOf(matrix, box)) {
    context.fillRect(point.x - HANDLE / 2, point.y - HANDLE / 2, HANDLE, HANDLE);
    context.strokeRect(point.x - HANDLE / 2, point.y - HANDLE / 2, HANDLE, HANDLE);
  }
  context.restore();
}

/** The eight handles of a box: which sides of the frame's box each moves, and where it is on the pane. */
export function handlesOf(matrix, box) {
  const along = (sides, low, high) => (sides.includes(low) ? box[low] : sides.includes(high) ? box[high] : (box[low] + box[high]) / 2);
  return SIDES.map((sides) => ({ sides, point: toScreen(matrix, { x: along(sides, "left", "right"), y: along(sides, "top", "bottom") }) }));
}

/** Where the contribution is highest, when there is a map but no box. */
function paintPeak(context, { x, y }) {
  context.save();
  context.strokeStyle = MODEL;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + 4 * dx, y + 4 * dy);
    context.lineTo(x + 12 * dx, y + 12 * dy);
  }
  context.stroke();
  context.restore();
}
