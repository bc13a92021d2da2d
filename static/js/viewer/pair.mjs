/* Two canvases that show the same part of a frame: original and overlay. Zoom, pan, window, and drawing a box. */

import { boxAt, boxBetween, fit, panBy, resized, toFrame, zoomAt } from "./geometry.mjs";
import { paintBoxes, paintDraft, paintFilm, paintHeatmap, paintOutlines, paintPeak, prepare } from "./overlay.mjs";
import { NEUTRAL, applyTable, dragged, isNeutral, lookupTable } from "./window.mjs";

const WHEEL_STEP = 0.0016;
const CLICK_SLOP = 4;

export class Pair {
  /** callbacks: onChange() after view or window changed, onPick(item or null), onBox(box) when one was drawn. */
  constructor({ original, overlay, onChange, onPick, onBox }) {
    this.canvases = [original, overlay];
    Object.assign(this, { original, overlay, onChange, onPick, onBox });
    this.frame = null;
    this.film = null;
    this.shown = null;
    this.view = null;
    this.window = { ...NEUTRAL };
    this.scene = { heatmap: null, opacity: 0, boxes: [], readerBoxes: [], outlines: [], peak: null };
    this.drawing = false;
    this.draft = null;
    this.pending = false;
    for (const canvas of this.canvases) this.listen(canvas);
    new ResizeObserver(() => this.resize()).observe(original);
    this.screen = this.size();
  }

  size() {
    return { width: this.original.clientWidth || 1, height: this.original.clientHeight || 1 };
  }

  /** Another film; the view stays when it is the same size, so that frames of a stack can be compared. */
  showFilm(film, frame) {
    const same = this.frame && frame && this.frame.width === frame.width && this.frame.height === frame.height;
    this.film = film;
    this.frame = frame;
    this.windowed();
    if (frame && (!same || !this.view)) this.view = fit(frame, this.screen);
    this.paint();
  }

  showScene(scene) {
    this.scene = { ...this.scene, ...scene };
    this.paint();
  }

  reset() {
    if (!this.frame) return;
    this.view = fit(this.frame, this.screen);
    this.setWindow({ ...NEUTRAL });
  }

  setWindow(window) {
    this.window = window;
    this.windowed();
    this.changed();
  }

  zoom(factor, point = { x: this.screen.width / 2, y: this.screen.height / 2 }) {
    if (!this.frame) return;
    this.view = zoomAt(this.view, point, factor, this.frame, this.screen);
    this.changed();
  }

  draw(on) {
    this.drawing = on;
    this.draft = null;
    for (const canvas of this.canvases) canvas.classList.toggle("drawing", on);
    this.paint();
  }

  /** The film through the lookup table; the film itself while the window is neutral. */
  windowed() {
    if (!this.film || isNeutral(this.window)) {
      this.shown = this.film;
      return;
    }
    this.scratch ??= document.createElement("canvas");
    const { scratch, film } = this;
    [scratch.width, scratch.height] = [film.width, film.height];
    const context = scratch.getContext("2d", { willReadFrequently: true });
    context.drawImage(film, 0, 0);
    const pixels = context.getImageData(0, 0, film.width, film.height);
    applyTable(pixels.data, lookupTable(this.window));
    context.putImageData(pixels, 0, 0);
    this.shown = scratch;
  }

  resize() {
    const before = this.screen;
    this.screen = this.size();
    if (this.frame && this.view) this.view = resized(this.view, before, this.screen, this.frame);
    this.paintNow();
  }

  changed() {
    this.paint();
    this.onChange();
  }

  paint() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paintNow();
    });
  }

  paintNow() {
    for (const canvas of this.canvases) {
      const context = prepare(canvas);
      if (!this.shown || !this.frame || !this.view) continue;
      paintFilm(context, this.shown, this.view, this.frame);
      if (canvas === this.overlay) this.paintScene(context);
      paintBoxes(context, canvas === this.original ? this.scene.readerBoxes.filter((item) => item.selected) : [], this.view);
      if (this.draft) paintDraft(context, this.draft, this.view);
    }
  }

  paintScene(context) {
    const { heatmap, opacity, boxes, readerBoxes, outlines, peak } = this.scene;
    if (heatmap && opacity > 0) paintHeatmap(context, heatmap, this.view, this.frame, opacity);
    paintOutlines(context, outlines, this.view, this.frame);
    if (peak) paintPeak(context, peak, this.view);
    paintBoxes(context, [...boxes, ...readerBoxes], this.view);
  }

  /* ---- the hand ---- */

  listen(canvas) {
    canvas.addEventListener("wheel", (event) => this.wheel(canvas, event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(canvas, event));
    canvas.addEventListener("dblclick", () => !this.drawing && this.reset());
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  wheel(canvas, event) {
    if (!this.frame) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * WHEEL_STEP), pointIn(canvas, event));
  }

  down(canvas, event) {
    if (!this.frame || event.button > 2) return;
    const windowing = event.button === 2 || event.altKey;
    const start = pointIn(canvas, event);
    let last = start;
    const move = (next) => {
      const point = pointIn(canvas, next);
      if (windowing) this.setWindow(dragged(this.window, point.x - last.x, point.y - last.y));
      else if (this.drawing) this.stretch(start, point);
      else this.pan(point.x - last.x, point.y - last.y);
      last = point;
    };
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", move);
    const end = (next) => {
      canvas.removeEventListener("pointermove", move);
      canvas.removeEventListener("pointerup", end);
      canvas.removeEventListener("pointercancel", end);
      if (next.type === "pointerup" && !windowing) this.up(start, pointIn(canvas, next));
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  pan(dx, dy) {
    this.view = panBy(this.view, dx, dy, this.frame, this.screen);
    this.changed();
  }

  stretch(start, point) {
    this.draft = boxBetween(toFrame(this.view, start), toFrame(this.view, point), this.frame);
    this.paint();
  }

  up(start, end) {
    if (this.drawing) {
      const box = boxBetween(toFrame(this.view, start), toFrame(this.view, end), this.frame);
      if (box) this.onBox(box);
      return;
    }
    if (Math.hypot(end.x - start.x, end.y - start.y) > CLICK_SLOP) return;
    const items = [...this.scene.readerBoxes, ...this.scene.boxes];
    const hit = boxAt(items, toFrame(this.view, end));
    if (hit) this.onPick(hit);
  }
}

function pointIn(canvas, event) {
  const place = canvas.getBoundingClientRect();
  return { x: event.clientX - place.left, y: event.clientY - place.top };
}
