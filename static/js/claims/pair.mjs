/* Two films side by side, moved and zoomed as one; the left one may be mirrored. Plain canvas. */

import { getBitmap } from "../api.mjs";
import { el, role } from "../dom.mjs";
import { FIT, boxPlaced, moved, placed, zoomed } from "./pair_view.mjs";

const LONGEST_SIDE = 2048;
const STEP = 1.25;
const ARROWS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

/** One pane: its figure, the film that it shows ({instance, columns, rows, caption, boxes}) and the bitmap of it. */
class Pane {
  constructor(figure) {
    this.figure = figure;
    this.canvas = figure.querySelector("canvas");
    this.caption = figure.querySelector("figcaption");
    this.modelInk = el("span", { class: "model", hidden: true });
    figure.append(this.modelInk);
    this.film = null;
    this.bitmap = null;
    this.turn = 0;
  }

  /** Colours as the canvas knows them: a token may be light-dark(), which only an element resolves. */
  inkOf(whose) {
    return getComputedStyle(whose === "model" ? this.modelInk : this.figure).color;
  }

  get room() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  async show(film) {
    const turn = ++this.turn;
    this.figure.hidden = !film;
    if (film?.instance === this.film?.instance && this.bitmap) {
      this.film = film;
      return;
    }
    this.film = film;
    this.bitmap = null;
    if (!film) return;
    const bitmap = await getBitmap(`/api/instances/${film.instance}/frames/0/?max_side=${LONGEST_SIDE}`);
    if (turn === this.turn) this.bitmap = bitmap;
  }

  draw(view, { mirrored = false, boxes = true } = {}) {
    const { width, height } = this.room;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.caption.textContent = this.film?.caption ?? "";
    if (!this.film || !this.bitmap) return;
    this.canvas.setAttribute("aria-label", this.film.caption);
    const rect = placed(view, this.film, this.room);
    this.drawFilm(context, rect, mirrored);
    if (boxes) for (const box of this.film.boxes) this.drawBox(context, box, boxPlaced(box, this.film, rect, mirrored));
  }

  drawFilm(context, rect, mirrored) {
    context.save();
    context.imageSmoothingQuality = "high";
    if (mirrored) {
      context.translate(2 * rect.left + rect.width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(this.bitmap, rect.left, rect.top, rect.width, rect.height);
    context.restore();
  }

  drawBox(context, box, rect) {
    const style = getComputedStyle(this.figure);
    context.strokeStyle = this.inkOf(box.whose);
    context.lineWidth = 2;
    context.setLineDash(box.whose === "rejected" ? [5, 4] : []);
    context.strokeRect(rect.left, rect.top, rect.width, rect.height);
    context.setLineDash([]);
    context.font = `12px ${style.getPropertyValue("--sans")}`;
    const words = context.measureText(box.words).width + 8;
    const top = rect.top > 18 ? rect.top - 18 : rect.top;
    context.fillStyle = style.getPropertyValue("--glass");
    context.fillRect(rect.left, top, words, 18);
    context.fillStyle = context.strokeStyle;
    context.fillText(box.words, rect.left + 4, top + 13);
  }
}

export class Pair {
  constructor(room, { onError }) {
    this.room = room;
    this.onError = onError;
    this.left = new Pane(role("left", room));
    this.right = new Pane(role("right", room));
    this.view = { ...FIT };
    this.mirrored = false;
    this.boxes = true;
    for (const pane of this.panes) this.listen(pane);
    new ResizeObserver(() => this.draw()).observe(room);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  get panes() {
    return [this.left, this.right];
  }

  /** Shows a film of the claim, and beside it one of another claim (or none). mirrored: how the left one starts. */
  async show(left, right, { mirrored = false } = {}) {
    this.view = { ...FIT };
    this.mirrored = mirrored;
    this.room.dataset.pair = String(Boolean(right));
    try {
      await Promise.all([this.left.show(left), this.right.show(right)]);
    } catch (error) {
      this.onError(error);
    }
    this.draw();
  }

  draw() {
    this.left.draw(this.view, { mirrored: this.mirrored, boxes: this.boxes });
    if (!this.right.figure.hidden) this.right.draw(this.view, { boxes: this.boxes });
  }

  act(name) {
    if (name === "fit") this.view = { ...FIT };
    else if (name === "mirror") this.mirrored = !this.mirrored;
    else if (name === "boxes") this.boxes = !this.boxes;
    else return this.zoom(name === "more" ? STEP : 1 / STEP, null, this.left);
    return this.draw();
  }

  zoom(factor, at, pane) {
    if (!pane.film) return;
    const middle = { x: pane.room.width / 2, y: pane.room.height / 2 };
    this.view = zoomed(this.view, factor, at ?? middle, pane.film, pane.room);
    this.draw();
  }

  move(x, y, pane) {
    if (!pane.film) return;
    this.view = moved(this.view, { x, y }, pane.film, pane.room);
    this.draw();
  }

  listen(pane) {
    const canvas = pane.canvas;
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, { x: event.offsetX, y: event.offsetY }, pane);
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.move(event.movementX, event.movementY, pane);
    });
    canvas.addEventListener("dblclick", () => this.act("fit"));
    canvas.addEventListener("keydown", (event) => {
      const by = ARROWS[event.key];
      if (!by) return;
      event.preventDefault();
      this.move(...by, pane);
    });
  }
}
