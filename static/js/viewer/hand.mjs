/* The hand on one pane: mouse, pen and fingers become acts of the viewer. What Cornerstone's measuring tools want is left to them. */

import { boxAt } from "./geometry.mjs";
import { boxesOf, outlineAt } from "./marks.mjs";
import { toFrame } from "./view.mjs";

const WHEEL_STEP = 0.0016;
const WHEEL_NOTCH = 40;
const DRAG_ZOOM = 0.006;
const CLICK_SLOP = 4;
const CONTROLS = "button, a, input, select, textarea, label, summary";

export class Hand {
  constructor(viewer, pane) {
    Object.assign(this, { viewer, pane });
    this.pointers = new Map();
    this.act = null;
    this.turned = 0;
    this.fingers = false;
    const { element } = pane;
    const capture = { capture: true };
    element.addEventListener("pointerdown", (event) => this.down(event), capture);
    element.addEventListener("pointermove", (event) => this.move(event), capture);
    element.addEventListener("pointerup", (event) => this.up(event), capture);
    element.addEventListener("pointercancel", (event) => this.up(event), capture);
    for (const name of ["touchstart", "touchmove", "touchend", "touchcancel"]) element.addEventListener(name, (event) => this.touched(event), capture);
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false, capture: true });
    element.addEventListener("dblclick", (event) => this.doubled(event), capture);
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("focus", () => viewer.focusPane(pane));
  }

  down(event) {
    if (event.target.closest(CONTROLS)) return;
    this.viewer.focusPane(this.pane);
    if (!this.pane.film.samples) return;
    const point = this.pane.pointOf(event);
    this.pointers.set(event.pointerId, point);
    if (this.pointers.size === 2 && this.act) return this.pinch(event);
    if (this.pointers.size > 1) return;
    this.act = this.actOf(event, point);
    if (!this.act) return;
    this.grab(event);
    if (this.act.kind === "magnify") this.viewer.magnify(this.pane, point);
  }

  /** Keeps the event from Cornerstone, and the pointer on this pane. */
  grab(event) {
    event.preventDefault();
    event.stopPropagation();
    this.pane.element.setPointerCapture(event.pointerId);
    this.pane.element.focus({ preventScroll: true });
  }

  /** Fingers that this hand follows are none of Cornerstone's, to the last of them. */
  touched(event) {
    if (event.type === "touchstart" && this.act) this.fingers = true;
    if (this.fingers) event.stopPropagation();
    if (event.type !== "touchmove" && event.touches.length === 0) this.fingers = false;
  }

  /** {kind, start, last, grip}; null leaves the press to Cornerstone. */
  actOf(event, point) {
    const begun = (kind, more = {}) => ({ kind, start: point, last: point, ...more });
    const tool = this.viewer.toolName;
    if (event.button === 2 || event.altKey) return begun("window");
    if (event.button === 1) return begun("pan");
    if (this.viewer.measures(tool)) return null;
    const grip = this.viewer.editor.grips(tool) && this.viewer.editor.gripAt(this.pane, point, { touch: event.pointerType === "touch" });
    if (grip) return begun(grip.kind, { grip });
    if (tool === "box") return begun("draw");
    if (this.viewer.measuredAt(this.pane, point)) return null;
    return begun(tool);
  }

  move(event) {
    if (!this.pointers.has(event.pointerId)) return;
    if (!this.act) return;
    const point = this.pane.pointOf(event);
    this.pointers.set(event.pointerId, point);
    event.stopPropagation();
    if (this.act.kind === "pinch") return this.pinched();
    const [dx, dy] = [point.x - this.act.last.x, point.y - this.act.last.y];
    this.follow(point, dx, dy);
    this.act.last = point;
  }

  follow(point, dx, dy) {
    const { viewer, pane, act } = this;
    const film = { film: pane.film.name };
    if (act.kind === "pan") viewer.pan(dx, dy, film);
    else if (act.kind === "window") viewer.windowDragged(pane.film, dx, dy);
    else if (act.kind === "zoom") viewer.zoom(Math.exp(-dy * DRAG_ZOOM), act.start, { ...film, pane });
    else if (act.kind === "magnify") viewer.magnify(pane, point);
    else if (act.kind === "draw") viewer.editor.stretch(pane, act.start, point);
    else if (act.grip) viewer.editor.drag(pane, act.grip, act.start, point);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId) || !this.act) return;
    event.stopPropagation();
    const { act } = this;
    if (act.kind === "pinch" && this.pointers.size) {
      this.act = { kind: "none", start: act.middle, last: act.middle };
      return;
    }
    if (this.pointers.size) return;
    this.act = null;
    const point = this.pane.pointOf(event);
    const clicked = Math.hypot(point.x - act.start.x, point.y - act.start.y) <= CLICK_SLOP;
    this.end(act, point, clicked && event.type === "pointerup" && event.button === 0);
  }

  end(act, point, clicked) {
    const { viewer } = this;
    if (act.kind === "magnify") viewer.magnify(null);
    if (act.kind === "draw") viewer.editor.drawn();
    if (act.grip && !clicked && act.grip.item.key !== null) viewer.editor.finish();
    if (clicked && !["draw", "none", "pinch", "resize"].includes(act.kind)) this.pick(point);
  }

  /** The smallest box under the pointer, or the outline whose label or peak it is. */
  pick(point) {
    const { pane, viewer } = this;
    const { scene } = pane.film;
    if (scene.marks === "none") return;
    const hit = boxAt(boxesOf(scene), toFrame(pane.matrix, point)) ?? outlineAt(pane.marks.getContext("2d"), { scene, matrix: pane.matrix, limit: pane.size.width }, point);
    if (hit) viewer.told.onPick(hit.key);
  }

  /* ---- two fingers ---- */

  pinch(event) {
    this.grab(event);
    this.viewer.editor.draft = null;
    this.viewer.magnify(null);
    this.act = { kind: "pinch", ...this.span() };
  }

  span() {
    const [one, other] = [...this.pointers.values()];
    return { middle: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }, apart: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)) };
  }

  pinched() {
    const { middle, apart } = this.span();
    const film = { film: this.pane.film.name };
    this.viewer.pan(middle.x - this.act.middle.x, middle.y - this.act.middle.y, film);
    this.viewer.zoom(apart / this.act.apart, middle, { ...film, pane: this.pane });
    Object.assign(this.act, { middle, apart });
  }

  /* ---- wheel ---- */

  wheel(event) {
    if (!this.pane.film.samples || event.target.closest("select, textarea")) return;
    event.preventDefault();
    event.stopPropagation();
    const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * WHEEL_NOTCH;
    if (this.pane.film.stack.length > 1 && !event.ctrlKey) return this.leaf(pixels);
    this.viewer.zoom(Math.exp(-pixels * WHEEL_STEP), this.pane.pointOf(event), { film: this.pane.film.name, pane: this.pane });
  }

  /** One frame a notch; a touchpad's small steps add up. */
  leaf(pixels) {
    this.turned += pixels;
    const by = Math.trunc(this.turned / WHEEL_NOTCH);
    if (!by) return;
    this.turned -= by * WHEEL_NOTCH;
    this.viewer.scroll(Math.sign(by), this.pane.film.name);
  }

  doubled(event) {
    if (event.target.closest(CONTROLS) || this.viewer.measures(this.viewer.toolName) || this.viewer.toolName === "box") return;
    event.stopPropagation();
    this.viewer.fit({ film: this.pane.film.name });
  }
}
