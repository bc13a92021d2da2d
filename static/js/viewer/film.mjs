/* One film of the viewer: what it shows, through which window, from where. Every pane of a film shows the same of it. */

import { draggedWindow, greyTable, steppedWindow, windowWords } from "./grey.mjs";
import { EMPTY_SCENE } from "./marks.mjs";
import { presetsFor, storedWindow } from "./presets.mjs";
import { reduced } from "./samples.mjs";
import { FITTED, isFitted, pixelOf, scaleOf } from "./view.mjs";

export class Film {
  constructor(name) {
    this.name = name;
    this.asked = 0;
    this.scene = EMPTY_SCENE;
    this.clear();
  }

  clear() {
    this.asked += 1;
    this.instance = null;
    this.index = 0;
    this.samples = null;
    this.stack = [];
    this.position = 0;
    this.frame = null;
    this.images = new Map();
    this.resetView();
    this.window = null;
    this.inverted = false;
  }

  resetView() {
    this.view = FITTED;
  }

  /** Of which frames this film is one: given ones, or those of an instance. */
  stackOf(places) {
    this.stack = places;
    this.position = Math.max(0, this.placeIn(this.instance?.id, this.index));
  }

  placeIn(instanceId, index) {
    return this.stack.findIndex((place) => place.instance.id === instanceId && place.frame === index);
  }

  /** Another frame; view and window stay within an instance and within a stack of equal frames. */
  put(instance, index, samples) {
    if (this.placeIn(instance.id, index) < 0) this.stack = Array.from({ length: instance.frames ?? 1 }, (_, frame) => ({ instance, frame }));
    const frame = { width: samples.columns, height: samples.rows, pixel: pixelOf(samples.about.pixel_aspect) };
    const stays = this.samples && (this.instance.id === instance.id || this.placeIn(this.instance.id, this.index) >= 0) && sameSize(this.frame, frame);
    const images = samples === this.samples ? this.images : new Map();
    Object.assign(this, { instance, index, samples, frame, images, position: this.placeIn(instance.id, index) });
    if (stays && this.window?.preset !== "stored") return;
    if (stays) this.window = { ...storedWindow(samples.about), preset: "stored" };
    if (stays) return;
    this.resetView();
    this.restore();
  }

  /** The window that the film opens with: as stored, or the first preset where the header has none and the presets are absolute. */
  restore() {
    this.inverted = false;
    this.window = { ...storedWindow(this.about), preset: "stored" };
    const [first] = this.presets();
    if (first.name !== "stored" && this.about.voi.kind === "range") this.window = { ...first.window, preset: first.name };
  }

  get imageId() {
    return `samples:${this.name}/${this.instance.id}/${this.index}`;
  }

  get about() {
    return this.samples.about;
  }

  /** The samples, or their means over step.x x step.y pixels. */
  picture(step) {
    const name = `${step.x}x${step.y}`;
    if (!this.images.has(name)) this.images.set(name, this.made(step));
    return this.images.get(name);
  }

  /** An object of its own for every film: what it is painted with hangs on it. */
  made(step) {
    const { data, rows, columns, channels, small } = this.samples;
    if (step.x === 1 && step.y === 1) return { data, rows, columns, channels };
    return { ...(isOf(small, step) ? small : reduced(data, rows, columns, channels, step)), channels };
  }

  /** Grey of every sample, as Cornerstone's processor path wants it: a table with a name; 255 past its end says that it holds 8 bits. */
  table(top) {
    const { about, window, inverted } = this;
    const id = [this.imageId, window.centre, window.width, window.function, inverted].join(" ");
    if (this.greys?.id !== id) {
      const lut = new Uint8ClampedArray(top + 3).fill(255);
      lut.set(greyTable(about, window, inverted, top));
      this.greys = { id, firstValueMapped: 0, lut };
    }
    return this.greys;
  }

  presets() {
    return presetsFor(this.instance, this.about);
  }

  preset(wanted) {
    const found = this.presets().find((one, index) => one.name === wanted || index === wanted);
    if (!found) return;
    this.window = { ...found.window, preset: found.name };
    this.inverted = found.inverted;
  }

  setWindow({ centre, width }) {
    this.window = { ...this.window, centre, width: Math.max(this.window.function === "LINEAR" ? 1 : 1e-6, width), preset: null };
  }

  dragWindow(dx, dy) {
    this.window = draggedWindow(this.window, dx, dy, this.about);
  }

  stepWindow(width, centre) {
    this.window = steppedWindow(this.window, width, centre, this.about);
  }

  windowWords() {
    if (!this.samples) return "";
    const preset = this.presets().find((one) => one.name === this.window.preset);
    const words = this.window.preset === "stored" ? "as stored" : preset?.words === "inverted" ? "" : preset?.words;
    return windowWords(this.window, this.inverted, words ?? "");
  }

  state(size) {
    if (!this.samples) return null;
    const { zoom, rotation, flippedX, flippedY } = this.view;
    return {
      instanceId: this.instance.id,
      frame: this.index,
      frames: this.stack.length,
      position: this.position,
      window: { ...this.window },
      inverted: this.inverted,
      rotation,
      flippedX,
      flippedY,
      scale: scaleOf(this.view, this.frame, size),
      zoom,
      fitted: isFitted(this.view),
      spacing: this.spacing ? "mm" : "px",
      pixel: { ...this.frame.pixel },
      exact: this.about.exact,
    };
  }

  /** Pixel Spacing as [row, column] millimetres, or null: Imager Pixel Spacing, which is that of the detector, is never taken for it. */
  get spacing() {
    const spacing = this.instance?.pixel_spacing;
    return Array.isArray(spacing) && spacing.length === 2 && spacing.every((value) => value > 0) ? spacing : null;
  }
}

/** Whether a picture that was made ahead has been reduced like this. */
export function isOf(small, step) {
  return small?.step.x === step.x && small.step.y === step.y;
}

function sameSize(one, other) {
  return one.width === other.width && one.height === other.height && one.pixel.x === other.pixel.x && one.pixel.y === other.pixel.y;
}
