/* Paints film, heatmap and boxes on a canvas. Violet is the model's, white is the reader's. */

import { boxOnScreen } from "./geometry.mjs";

const MODEL = "#b79cff";
const READER = "#ffffff";
const FONT = '600 12px "Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif';
const LABEL_GROUND = "#0a0c0fcc";

/** Sets the canvas to the pixels of its place on the screen; everything is drawn in CSS pixels. */
export function prepare(canvas) {
  const ratio = globalThis.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const context = canvas.getContext("2d", { alpha: false });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  return context;
}

export function paintFilm(context, film, view, frame) {
  context.imageSmoothingEnabled = view.scale < 4;
  context.imageSmoothingQuality = "high";
  context.drawImage(film, view.x, view.y, frame.width * view.scale, frame.height * view.scale);
}

/** The heatmap covers the whole frame, whatever its own size is. */
export function paintHeatmap(context, heatmap, view, frame, opacity) {
  context.save();
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = true;
  context.drawImage(heatmap, view.x, view.y, frame.width * view.scale, frame.height * view.scale);
  context.restore();
}

/** items: {box, text, mine, rejected, unsupported, below, selected}. A box without its label is dashed; what was rejected stays,
 *  dotted and struck through. */
export function paintBoxes(context, items, view) {
  const placed = items.filter((item) => item.box).map((item) => ({ item, place: boxOnScreen(view, item.box) }));
  for (const { item, place } of placed) paintBox(context, item, place);
  paintLabels(context, placed);
}

function paintBox(context, item, { x, y, width, height }) {
  context.save();
  context.strokeStyle = item.mine ? READER : MODEL;
  context.lineWidth = item.selected ? 3 : 1.5;
  context.globalAlpha = item.rejected || item.below ? 0.55 : 1;
  if (item.rejected) context.setLineDash([2, 4]);
  else if (item.unsupported) context.setLineDash([9, 6]);
  context.strokeRect(x, y, width, height);
  if (item.rejected) strike(context, { x, y, width, height });
  context.restore();
}

/** The chosen one's first; a label that would cover another is cut to its number, or left to the list. */
function paintLabels(context, placed) {
  const taken = [];
  context.font = FONT;
  const chosenFirst = [...placed.filter(({ item }) => item.selected), ...placed.filter(({ item }) => !item.selected)];
  for (const { item, place } of chosenFirst) {
    for (const text of [item.text, item.short].filter(Boolean)) {
      const ground = labelGround(place, context.measureText(text).width, context.canvas.clientWidth);
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

function strike(context, { x, y, width, height }) {
  context.beginPath();
  context.moveTo(x, y + height);
  context.lineTo(x + width, y);
  context.stroke();
}

/** items: {bitmap, peak, text, selected}: the outline of a map over the whole frame, where there is no box to draw. */
export function paintOutlines(context, items, view, frame) {
  for (const item of items) {
    paintHeatmap(context, item.bitmap, view, frame, item.selected ? 1 : 0.75);
    if (!item.text || !item.peak) continue;
    const place = { x: item.peak.x * view.scale + view.x + 10, y: item.peak.y * view.scale + view.y - 10, height: 0 };
    context.font = FONT;
    paintLabel(context, item, labelGround(place, context.measureText(item.text).width, context.canvas.clientWidth));
  }
}

function paintLabel(context, item, { x, y, width, height }) {
  context.save();
  context.globalAlpha = item.rejected || item.below ? 0.55 : 1;
  context.font = FONT;
  context.textBaseline = "bottom";
  context.fillStyle = LABEL_GROUND;
  context.fillRect(x, y, width, height);
  context.fillStyle = item.mine ? READER : MODEL;
  context.fillText(item.text, x + 4, y + height - 1);
  context.restore();
}

/** The box that is being drawn. */
export function paintDraft(context, box, view) {
  const { x, y, width, height } = boxOnScreen(view, box);
  context.save();
  context.strokeStyle = READER;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.strokeRect(x, y, width, height);
  context.restore();
}

/** Where the contribution is highest, when there is a map but no box. */
export function paintPeak(context, peak, view) {
  const x = peak.x * view.scale + view.x;
  const y = peak.y * view.scale + view.y;
  context.save();
  context.strokeStyle = MODEL;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - 12, y);
  context.lineTo(x - 4, y);
  context.moveTo(x + 4, y);
  context.lineTo(x + 12, y);
  context.moveTo(x, y - 12);
  context.lineTo(x, y - 4);
  context.moveTo(x, y + 4);
  context.lineTo(x, y + 12);
  context.stroke();
  context.restore();
}

/** The legend's band, from the very stops the server coloured the map with: [red, green, blue, alpha], 0-255. */
export function paintScale(canvas, stops) {
  const context = canvas.getContext("2d");
  const band = context.createLinearGradient(0, 0, canvas.width, 0);
  stops.forEach(([red, green, blue, alpha], index) => {
    band.addColorStop(index / (stops.length - 1), `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`);
  });
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = band;
  context.fillRect(0, 0, canvas.width, canvas.height);
}
