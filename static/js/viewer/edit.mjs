/* Drawing a box, moving and resizing one: by pointer and by keys. Keeps what is being edited; tells when it is done. */

import { boxBetween, inside, movedBox, resizedBox } from "./geometry.mjs";
import { boxesOf, handlesOf } from "./marks.mjs";
import { alongFrame, toFrame } from "./view.mjs";

const KEYS_SETTLE_MS = 500;
const GRIP = 12;
const TOUCH_GRIP = 24;
const LEAP = 10;
const DRAFT_SHARE = 0.25;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class BoxEditor {
  /** told: {onBox(box), onBoxEdited(key, box), changed()}. */
  constructor(told) {
    this.told = told;
    this.stop();
  }

  /** Forgets whatever is unfinished. */
  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.pane = null;
    this.edited = null;
    this.draft = null;
    this.handles = false;
    this.touched = false;
    this.replacing = null;
  }

  /** What a pane paints of it. */
  overlay(film) {
    if (this.pane?.film !== film) return { edited: null, draft: null, handles: false };
    return { edited: this.edited, draft: this.draft, handles: this.handles };
  }

  /** The next drawn box takes the place of this one. */
  replace(key) {
    this.replacing = key;
  }

  /** A box in the middle of what is seen, for the keyboard. */
  begin(pane) {
    this.finish();
    const { width, height } = pane.size;
    const side = Math.min(width, height) * DRAFT_SHARE;
    const corners = [-0.5, 0.5].map((share) => toFrame(pane.matrix, { x: width / 2 + share * side, y: height / 2 + share * side }));
    this.pane = pane;
    this.draft = rounded(boxBetween(corners[0], corners[1], pane.film.frame));
    this.handles = Boolean(this.draft);
    this.touched = false;
    this.told.changed();
  }

  /* ---- pointer ---- */

  /** Whether a press may move or resize with this tool. Drawing goes first: only a draft that keys have begun to place stays where it is. */
  grips(tool) {
    return tool === "pan" || (tool === "box" && this.touched && this.draft !== null && this.handles);
  }

  /** What a press at a point of the pane would do: {kind: "move" | "resize", sides, item} or null. */
  gripAt(pane, point, { touch = false } = {}) {
    const item = this.editable(pane);
    if (!item) return null;
    const reach = touch ? TOUCH_GRIP : GRIP;
    const near = handlesOf(pane.matrix, item.box)
      .map((handle) => ({ ...handle, away: Math.hypot(handle.point.x - point.x, handle.point.y - point.y) }))
      .filter((handle) => handle.away <= reach)
      .sort((one, other) => one.away - other.away)[0];
    if (near) return { kind: "resize", sides: near.sides, item };
    return inside(item.box, toFrame(pane.matrix, point)) ? { kind: "move", sides: [], item } : null;
  }

  /** The selected box that may be edited, where it is now; the keyboard's draft counts. */
  editable(pane) {
    if (this.draft && this.handles && this.pane?.film === pane.film) return { key: null, box: this.draft };
    return boxesOf(pane.film.scene, this.overlay(pane.film).edited).find((item) => item.editable && item.selected) ?? null;
  }

  drag(pane, grip, from, to) {
    const [start, end] = [toFrame(pane.matrix, from), toFrame(pane.matrix, to)];
    this.apply(pane, grip, Math.round(end.x - start.x), Math.round(end.y - start.y));
  }

  apply(pane, { kind, sides, item }, dx, dy) {
    const box = kind === "move" ? movedBox(item.box, dx, dy, pane.film.frame) : resizedBox(item.box, sides, dx, dy, pane.film.frame);
    this.pane = pane;
    this.touched = true;
    if (item.key === null) this.draft = box;
    else this.edited = { key: item.key, box };
    this.told.changed();
  }

  stretch(pane, from, to) {
    this.pane = pane;
    this.handles = false;
    this.draft = rounded(boxBetween(toFrame(pane.matrix, from), toFrame(pane.matrix, to), pane.film.frame));
    this.told.changed();
  }

  /** The pointer went up after drawing. */
  drawn() {
    const box = this.draft;
    this.draft = null;
    this.told.changed();
    if (!box) return;
    const key = this.replacing;
    this.replacing = null;
    if (key === null) this.told.onBox(box);
    else this.told.onBoxEdited(key, box);
  }

  /** An edit that waits for more keys is told now. */
  finish() {
    clearTimeout(this.timer);
    this.timer = null;
    const { edited } = this;
    this.edited = null;
    if (edited) this.told.onBoxEdited(edited.key, edited.box);
  }

  /* ---- keys ---- */

  /** True when the key was for the box. */
  key(event, pane) {
    if (!pane?.film.samples) return false;
    const item = this.editable(pane);
    if (!item) return false;
    if (event.key in ARROWS) return this.arrow(event, pane, item);
    if (event.key === "Enter" && (item.key === null || this.edited)) return this.commit(item);
    if (event.key === "Escape" && (item.key === null || this.edited)) return this.giveUp();
    return false;
  }

  arrow(event, pane, item) {
    const [x, y] = ARROWS[event.key];
    const along = alongFrame(pane.matrix, x, y);
    const step = Math.max(1, Math.round(1 / pane.scale)) * (event.ctrlKey ? LEAP : 1);
    const sides = event.shiftKey ? [along.dx ? "right" : "bottom"] : [];
    this.apply(pane, { kind: event.shiftKey ? "resize" : "move", sides, item }, along.dx * step, along.dy * step);
    clearTimeout(this.timer);
    if (item.key !== null) this.timer = setTimeout(() => this.finish(), KEYS_SETTLE_MS);
    return true;
  }

  commit(item) {
    if (item.key !== null) this.finish();
    else {
      this.handles = false;
      this.drawn();
    }
    return true;
  }

  giveUp() {
    this.stop();
    this.told.changed();
    return true;
  }
}

/** Whole pixels of the frame. */
function rounded(box) {
  return box && { left: Math.round(box.left), top: Math.round(box.top), right: Math.round(box.right), bottom: Math.round(box.bottom) };
}
