/* Cornerstone's measuring tools: length, angle, rectangle. The words are ours: millimetres by Pixel Spacing alone, else pixels, and it is said
 * which. World coordinates are pixels of the stored frame times the shape of one: points are brought back to pixels here. */

import { SQUARE } from "./view.mjs";

const GROUP = "film";
const PROXIMITY = 8;
export const MEASURES = Object.freeze({ length: "Length", angle: "Angle", rectangle: "RectangleROI" });
const COLOUR = "rgb(255, 216, 102)"; // neither the model's nor the reader's word on a finding
const STYLE = {
  color: COLOUR,
  colorHighlighted: COLOUR,
  colorSelected: COLOUR,
  lineWidth: "1.5",
  textBoxFontFamily: '"Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif',
  textBoxFontSize: "13px",
  textBoxColor: COLOUR,
  textBoxColorHighlighted: COLOUR,
  textBoxColorSelected: COLOUR,
  textBoxBackground: "rgba(10, 12, 15, 0.8)",
  textBoxLinkLineWidth: "1",
  textBoxLinkLineDash: "2,3",
};

/** Pure: [horizontal, vertical] size of one pixel, and its unit. Pixel Spacing is [between rows, between columns]. Without it, lengths are
 *  counted in the shorter side of a pixel, so that they keep their proportions where pixels are not square. */
export function unitOf(spacing, pixel = SQUARE) {
  return spacing ? { x: spacing[1], y: spacing[0], unit: "mm" } : { ...pixel, unit: "px" };
}

/** Pure: {value, unit, text} of a measurement by the points of its handles, in pixels of the frame. statistics(box) -> {mean, low, high} or null. */
export function measured(kind, points, spacing, statistics = () => null, pixel = SQUARE) {
  const { x, y, unit } = unitOf(spacing, pixel);
  const apart = (one, other) => Math.hypot((one[0] - other[0]) * x, (one[1] - other[1]) * y);
  const digits = unit === "mm" ? 1 : 0;
  if (kind === "length") {
    const value = apart(points[0], points[1]);
    return { value, unit, text: `${value.toFixed(digits)} ${unit}` };
  }
  if (kind === "angle") {
    const value = angle(points, x, y);
    return { value, unit: "deg", text: `${value.toFixed(1)}°` };
  }
  const [wide, high] = [Math.abs(points[3][0] - points[0][0]) * x, Math.abs(points[3][1] - points[0][1]) * y];
  const size = `${wide.toFixed(digits)} × ${high.toFixed(digits)} ${unit}`;
  const found = statistics(points);
  const grey = found ? ` · mean ${found.mean.toFixed(0)} (${found.low.toFixed(0)} to ${found.high.toFixed(0)})` : "";
  return { value: wide * high, unit: `${unit}²`, text: `${size}${grey}` };
}

function angle([one, corner, other], x, y) {
  if (!other) return 0;
  const [a, b] = [one, other].map((point) => [(point[0] - corner[0]) * x, (point[1] - corner[1]) * y]);
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  return lengths ? (Math.acos(Math.min(1, Math.max(-1, (a[0] * b[0] + a[1] * b[1]) / lengths))) * 180) / Math.PI : 0;
}

/** Pure: mean, lowest and highest modality value in a rectangle; null for colour and outside the frame. */
export function statisticsOf({ about, data, rows, columns, channels }, points) {
  if (channels !== 1 || about.voi.kind === "table") return null;
  const ends = (axis, most) => [points[0][axis], points[3][axis]].sort((one, other) => one - other).map((value, end) => Math.min(most, Math.max(0, end ? Math.ceil(value) : Math.floor(value))));
  const [[left, right], [top, bottom]] = [ends(0, columns), ends(1, rows)];
  if (right <= left || bottom <= top) return null;
  let [sum, low, high] = [0, Infinity, -Infinity];
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) {
      const value = data[row * columns + column];
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const modality = [sum / ((right - left) * (bottom - top)), low, high].map((value) => value * about.slope + about.intercept);
  return { mean: modality[0], low: Math.min(modality[1], modality[2]), high: Math.max(modality[1], modality[2]) };
}

/** Points of the world as pixels of the frame. */
function inFrame(points, { frame: { pixel } }) {
  return points.map(([x, y]) => [x / pixel.x, y / pixel.y]);
}

export class Measures {
  /** filmOf(imageId) -> Film or null; changed(film name). */
  constructor(cs, { filmOf, changed }) {
    Object.assign(this, { cs, filmOf });
    cs.annotation.config.style.setDefaultToolStyles({ ...cs.annotation.config.style.getDefaultToolStyles(), global: { ...cs.annotation.config.style.getDefaultToolStyles().global, ...STYLE } });
    this.group = cs.ToolGroupManager.createToolGroup(GROUP);
    const tools = { length: cs.LengthTool, angle: cs.AngleTool, rectangle: cs.RectangleROITool };
    for (const [kind, tool] of Object.entries(tools)) {
      cs.addTool(tool);
      this.group.addTool(tool.toolName, { getTextLines: (data, target) => this.lines(kind, data, target), calculateStats: false });
      this.group.setToolPassive(tool.toolName);
    }
    const { ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED } = cs.ToolEnums.Events;
    for (const name of [ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED]) {
      cs.eventTarget.addEventListener(name, (event) => changed(this.filmOf(event.detail.annotation?.metadata?.referencedImageId)?.name));
    }
  }

  add(pane) {
    this.group.addViewport(pane.name, this.cs.engine.id);
  }

  /** Only one of them takes presses; the others' measurements can still be moved by their handles. */
  use(kind) {
    const primary = [{ mouseButton: this.cs.ToolEnums.MouseBindings.Primary }, { numTouchPoints: 1 }];
    for (const name of Object.values(MEASURES)) this.group.setToolPassive(name, { removeAllBindings: true });
    for (const name of Object.values(MEASURES)) if (name !== MEASURES[kind]) this.group.setToolPassive(name);
    if (kind) this.group.setToolActive(MEASURES[kind], { bindings: primary });
  }

  lines(kind, data, target) {
    const film = this.filmOf(String(target?.[0] === "i" ? target : target?.[0] ?? "").replace("imageId:", ""));
    if (!film) return [];
    return [this.said(kind, data.handles.points, film).text];
  }

  /** points: of the world. */
  said(kind, points, film) {
    return measured(kind, inFrame(points, film), film.spacing, (corners) => statisticsOf(film.samples, corners), film.frame.pixel);
  }

  of(film) {
    if (!film.samples) return [];
    return this.all()
      .filter(({ one }) => this.filmOf(one.metadata.referencedImageId) === film)
      .map(({ kind, one }) => ({ id: one.annotationUID, kind, ...this.said(kind, one.data.handles.points, film), points: inFrame(one.data.handles.points, film).map(([x, y]) => ({ x, y })) }));
  }

  all() {
    const kinds = Object.fromEntries(Object.entries(MEASURES).map(([kind, name]) => [name, kind]));
    return this.cs.annotation.state.getAllAnnotations().filter((one) => kinds[one.metadata.toolName]).map((one) => ({ kind: kinds[one.metadata.toolName], one }));
  }

  remove(id) {
    this.cs.annotation.state.removeAnnotation(id);
  }

  /** True when a measurement's line or handle is at a point of the pane. */
  at(pane, { x, y }) {
    if (!this.all().length) return false;
    return Object.values(MEASURES).some((name) => {
      const tool = this.group.getToolInstance(name);
      const all = this.cs.annotation.state.getAnnotations(name, pane.view) ?? [];
      return tool
        .filterInteractableAnnotationsForElement(pane.view, all)
        .some((one) => tool.getHandleNearImagePoint(pane.view, one, [x, y], PROXIMITY) || tool.isPointNearTool(pane.view, one, [x, y], PROXIMITY));
    });
  }
}
