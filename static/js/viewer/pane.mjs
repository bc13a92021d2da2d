/* One pane: the film as Cornerstone paints it, and a canvas above it for what is said about the film. */

import { el } from "../dom.mjs";
import { announce, imageOf } from "./cornerstone.mjs";
import { greyTable, sampleWindow } from "./grey.mjs";
import { cleared, paintDraft, paintReaders, paintScene } from "./marks.mjs";
import { centreOf, matrixOf, reduction, scaleOf, toFrame, toScreen } from "./view.mjs";

const PIXELS_SHOWN_FROM = 4;
const HIDDEN_PAGE_MS = 200;
const CAMERA_DISTANCE = 10;

export class Pane {
  constructor(name, film, { label, stops }) {
    Object.assign(this, { name, film, stops });
    this.view = el("div", { class: "view", "data-role": "view" });
    this.marks = el("canvas", { class: "marks", "data-role": `${name}-marks`, "aria-hidden": "true" });
    this.message = el("p", { class: "pane-message", "data-role": `${name}-message`, role: "status", hidden: true });
    this.element = el("figure", { class: "pane", "data-role": "pane", "data-pane": name, "data-film": film.name, "aria-label": label, tabindex: "0" }, this.view, this.marks, this.message);
    this.viewport = null;
    this.painted = null;
    this.queue = Promise.resolve();
    this.waiting = [];
    this.overlay = () => ({ edited: null, draft: null });
  }

  get shown() {
    return this.element.isConnected && !this.element.hidden;
  }

  get size() {
    return { width: this.view.clientWidth || 1, height: this.view.clientHeight || 1 };
  }

  /** Device pixels per CSS pixel of the painted canvas. */
  get ratio() {
    return this.viewport ? this.viewport.canvas.width / this.size.width : globalThis.devicePixelRatio || 1;
  }

  /** From pixels of the frame to CSS pixels of the pane. */
  get matrix() {
    return matrixOf(this.film.view, this.film.frame, this.size);
  }

  /** CSS pixels per pixel of the frame, along its shorter side. */
  get scale() {
    return scaleOf(this.film.view, this.film.frame, this.size);
  }

  /** How many pixels of the frame are painted as one, {x, y}. */
  get step() {
    return reduction(this.scale * this.ratio, this.film.frame.pixel);
  }

  /** The frame's axes on the pane: [a, b, c, d] of the matrix without scale and shape, exact for quarter turns. */
  get turned() {
    const { x, y } = this.film.frame.pixel;
    const [a, b, c, d] = this.matrix;
    return [a / (this.scale * x), b / (this.scale * x), c / (this.scale * y), d / (this.scale * y)];
  }

  enable(cs) {
    if (this.viewport || !this.shown) return;
    this.cs = cs;
    cs.engine.enableElement({ viewportId: this.name, type: cs.CoreEnums.ViewportType.STACK, element: this.view, defaultOptions: { background: [0, 0, 0] } });
    this.viewport = cs.engine.getViewport(this.name);
    this.viewport.canvas.dataset.role = this.name;
    this.viewport.canvas.setAttribute("role", "img");
    this.viewport.canvas.setAttribute("aria-label", this.element.getAttribute("aria-label"));
    this.view.addEventListener(cs.CoreEnums.Events.IMAGE_RENDERED, () => this.rendered());
    this.resize();
  }

  /** The canvases take the pixels of their place. */
  resize() {
    if (!this.viewport || !this.shown) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [this.size.width, this.size.height].map((side) => Math.round(side * ratio));
    [this.marks.width, this.marks.height] = [width, height];
    const { canvas } = this.viewport;
    if (canvas.width === width && canvas.height === height) return;
    if (this.cs.renderer === "cpu") [canvas.width, canvas.height] = [width, height];
    else this.cs.engine.resize(false, true);
    if (canvas.width !== width || canvas.height !== height) requestAnimationFrame(() => this.changed());
  }

  changed() {
    this.resize();
    return this.draw();
  }

  /** Puts the film's frame, view and window on the screen; resolves when they are painted. */
  draw() {
    if (!this.viewport || !this.shown) return Promise.resolve();
    const painted = new Promise((resolve) => this.waiting.push(resolve));
    this.queue = this.queue.then(() => this.drawNow()).catch((error) => this.failed(error));
    return painted;
  }

  async drawNow() {
    if (!this.film.samples) return this.blank();
    const { step } = this;
    const picture = this.film.picture(step);
    if (picture !== this.painted) await this.put(picture, step);
    this.painted = picture;
    if (!this.film.samples || this.film.picture(step) !== picture) return; // another frame was put meanwhile; its own drawing waits behind this one
    this.setCamera(step);
    this.setWindow(step);
    this.viewport.canvas.getContext("2d").imageSmoothingQuality = "high";
    this.viewport.render();
    if (document.hidden) setTimeout(() => this.rendered(), HIDDEN_PAGE_MS);
  }

  failed(error) {
    this.say("This image could not be painted. Reload the page; the 8-bit picture remains available through the API.");
    this.settle();
    reportError(error);
  }

  blank() {
    this.painted = null;
    this.viewport.fillWithBackgroundColor();
    this.rendered();
  }

  async put(picture, step) {
    const { cs, film } = this;
    const { imageId } = film;
    picture.image ??= imageOf(cs, imageId, picture, { step, pixel: film.frame.pixel });
    if (cs.cache.getImageLoadObject(imageId)) cs.cache.removeImageLoadObject(imageId, { force: true });
    picture.image.imageId = imageId;
    announce(imageId, picture.image, { renderer: cs.renderer, frameOfReference: `${film.name}/${film.instance.id}` });
    await this.viewport.setStack([imageId]);
  }

  setCamera(step) {
    if (this.cs.renderer === "cpu") this.setProcessorCamera(step);
    else this.setGraphicsCamera();
  }

  /** The camera looks at the frame's centre in world coordinates, with up and right as the view turns and flips them. */
  setGraphicsCamera() {
    const { view, frame } = this.film;
    const centre = centreOf(view, frame);
    const [x, y] = [centre.x * frame.pixel.x, centre.y * frame.pixel.y];
    const [a, b, c, d] = this.turned;
    const { scale } = this;
    const [right, up] = [[a, c, 0], [-b, -d, 0]];
    const normal = [0, 0, right[0] * up[1] - right[1] * up[0]];
    this.viewport.setCameraNoEvent({
      focalPoint: [x, y, 0],
      position: [x, y, normal[2] * CAMERA_DISTANCE],
      viewUp: up,
      viewPlaneNormal: normal,
      parallelScale: this.viewport.canvas.height / this.ratio / scale / 2,
    });
    this.viewport.getVtkActiveCamera().setClippingRange(CAMERA_DISTANCE / 2, CAMERA_DISTANCE * 2);
  }

  /** Cornerstone's processor path turns about the middle of the picture, in the picture's own pixels; it stretches their longer side by
   *  itself, after the translation. */
  setProcessorCamera(step) {
    const { view, frame } = this.film;
    const enabled = this.viewport._cpuFallbackEnabledElement;
    const { rows, columns } = this.film.picture(step);
    const centre = centreOf(view, frame);
    const [a, b, c, d] = this.turned;
    const scale = this.scale * this.ratio;
    const [x, y] = [centre.x / step.x - columns / 2, centre.y / step.y - rows / 2];
    Object.assign(enabled.viewport, {
      scale: scale * Math.min(step.x * frame.pixel.x, step.y * frame.pixel.y),
      rotation: view.rotation,
      hflip: view.flippedX,
      vflip: view.flippedY,
      translation: { x: -(a * x + c * y), y: -(b * x + d * y) },
      pixelReplication: scale >= PIXELS_SHOWN_FROM,
    });
    Object.assign(enabled.viewport.displayedArea, { tlhc: { x: 1, y: 1 }, brhc: { x: columns, y: rows } });
    this.viewport.setCamera({});
  }

  setWindow(step) {
    const { about, window, inverted } = this.film;
    const wanted = sampleWindow(about, window, inverted);
    const nearest = this.scale * this.ratio >= PIXELS_SHOWN_FROM;
    if (this.cs.renderer === "cpu") return this.setProcessorWindow(wanted, step);
    const { InterpolationType, VOILUTFunctionType } = this.cs.CoreEnums;
    this.viewport.setProperties(
      {
        voiRange: { lower: wanted.lower, upper: wanted.upper },
        VOILUTFunction: wanted.sigmoid ? VOILUTFunctionType.SAMPLED_SIGMOID : VOILUTFunctionType.LINEAR,
        invert: wanted.inverted,
        interpolationType: nearest ? InterpolationType.NEAREST : InterpolationType.LINEAR,
      },
      true,
    );
  }

  /** Grey goes through a table of every sample, which also knows sigmoids; colour through Cornerstone's own window. */
  setProcessorWindow({ lower, upper, inverted }, step) {
    const { viewport } = this.viewport._cpuFallbackEnabledElement;
    const { image, channels } = this.film.picture(step);
    const colour = channels === 3;
    viewport.voi = { windowWidth: upper - lower + 1, windowCenter: (lower + upper + 1) / 2, voiLUTFunction: "LINEAR" };
    viewport.invert = colour && inverted;
    viewport.voiLUT = colour ? undefined : this.film.table(image.maxPixelValue);
    this.shareGreys(step);
  }

  /** Panes of one film turn samples into greys once: Cornerstone looks by itself whether those it holds are of this image and window. */
  shareGreys(step) {
    const picture = this.film.picture(step);
    picture.greys ??= {};
    this.viewport._cpuFallbackEnabledElement.renderingTools = picture.greys;
    this.viewport.cpuRenderingInvalidated = false;
  }

  /* ---- what is painted over it ---- */

  rendered() {
    this.paintMarks();
    this.settle();
  }

  settle() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  paintMarks() {
    if (!this.viewport) return;
    const context = cleared(this.marks, this.ratio);
    const { film } = this;
    if (!film.samples || film.scene.marks === "none") return;
    const { edited, draft, handles } = this.overlay();
    const given = { scene: film.scene, frame: film.frame, matrix: this.matrix, ratio: this.ratio, stops: this.stops, edited, limit: this.size.width };
    if (this.name === "original") paintReaders(context, given);
    else paintScene(context, given);
    if (draft) paintDraft(context, given, draft, { handles });
  }

  say(words) {
    this.message.textContent = words;
    this.message.hidden = !words;
  }

  /* ---- places ---- */

  pointOf(event) {
    const place = this.view.getBoundingClientRect();
    return { x: event.clientX - place.left, y: event.clientY - place.top };
  }

  frameOf(clientX, clientY) {
    return toFrame(this.matrix, this.pointOf({ clientX, clientY }));
  }

  screenOf(x, y) {
    const place = this.view.getBoundingClientRect();
    const point = toScreen(this.matrix, { x, y });
    return { x: point.x + place.left, y: point.y + place.top };
  }

  /** The painted colour at the centre of a stored pixel; null when it is not in sight. */
  colourAt(x, y) {
    const point = toScreen(this.matrix, { x: x + 0.5, y: y + 0.5 });
    const { canvas } = this.viewport;
    const [left, top] = [Math.floor(point.x * this.ratio), Math.floor(point.y * this.ratio)];
    if (left < 0 || top < 0 || left >= canvas.width || top >= canvas.height) return null;
    return [...canvas.getContext("2d").getImageData(left, top, 1, 1).data.slice(0, 3)];
  }
}
