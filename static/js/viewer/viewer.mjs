/* The viewer: films on panes, tools over them. The API that the study page uses is described in docs/viewer.md. */

import { Films } from "./films.mjs";
import { MEASURES } from "./measure.mjs";
import { FITTED, flipped, oneToOne, pannedBy, rotatedBy, zoomedAt } from "./view.mjs";

const TOOLS = ["pan", "window", "zoom", "magnify", "box", ...Object.keys(MEASURES)];

export class Viewer extends Films {
  /* ---- tools ---- */

  tool(name) {
    if (!TOOLS.includes(name)) return;
    if (name !== "box") this.editor.stop();
    this.toolName = name;
    this.room.dataset.tool = name;
    this.measuring?.use(MEASURES[name] ? name : null);
    this.marksChanged();
    this.told.onTool(name);
  }

  measures(name) {
    return name in MEASURES;
  }

  measuredAt(pane, point) {
    return Boolean(this.measuring?.at(pane, point));
  }

  measurements(name = "study") {
    return this.measuring?.of(this.films[name]) ?? [];
  }

  removeMeasurement(id) {
    this.measuring.remove(id);
    this.settled();
  }

  clearMeasurements(name = "study") {
    for (const { id } of this.measurements(name)) this.measuring.remove(id);
    this.settled();
    this.told.onMeasured(this.measurements(name));
  }

  draftBox() {
    const { film, pane } = this.about();
    if (!film.samples) return;
    this.tool("box");
    this.editor.begin(pane);
  }

  redraw(key) {
    this.tool("box");
    this.editor.replace(key);
  }

  /** pane null hides it. */
  magnify(pane, point) {
    if (pane) this.lens?.show(pane, point);
    else this.lens?.hide();
  }

  key(event) {
    if (event.altKey || event.metaKey) return false;
    const { film, pane } = this.about();
    const used = this.editor.key(event, pane) || this.measuringKey(event, film);
    if (!used) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  measuringKey(event, film) {
    if (!this.measures(this.toolName)) return false;
    if (event.key === "Escape") this.tool("pan");
    else if (event.key === "Delete" || event.key === "Backspace") {
      const last = this.measurements(film.name).at(-1);
      if (last) this.removeMeasurement(last.id);
    } else return false;
    return true;
  }

  /* ---- view and window ---- */

  changeView(name, change) {
    const { film, pane } = this.about(name);
    if (!film.samples) return Promise.resolve();
    film.view = change(film.view, film.frame, pane.size, pane);
    return this.changed(film);
  }

  zoom(factor, point = null, { film, pane: on = null } = {}) {
    return this.changeView(film, (view, frame, size, pane) => {
      const seen = (on ?? pane).size;
      return zoomedAt(view, point ?? { x: seen.width / 2, y: seen.height / 2 }, factor, frame, seen);
    });
  }

  pan(dx, dy, { film } = {}) {
    return this.changeView(film, (view, frame, size) => pannedBy(view, dx, dy, frame, size));
  }

  fit({ film } = {}) {
    return this.changeView(film, (view) => ({ ...view, zoom: 1, centre: null }));
  }

  oneToOne({ film } = {}) {
    return this.changeView(film, (view, frame, size, pane) => oneToOne(view, frame, size, pane.ratio));
  }

  rotate(degrees = 90, { film } = {}) {
    return this.changeView(film, (view) => rotatedBy(view, degrees));
  }

  flip(direction, { film } = {}) {
    return this.changeView(film, (view) => flipped(view, direction));
  }

  reset({ film: name } = {}) {
    const { film } = this.about(name);
    if (!film.samples) return Promise.resolve();
    film.view = FITTED;
    film.restore();
    return this.changed(film);
  }

  changeWindow(name, change) {
    const { film } = this.about(name);
    if (!film.samples) return Promise.resolve();
    change(film);
    return this.changed(film);
  }

  invert({ film } = {}) {
    return this.changeWindow(film, (one) => { one.inverted = !one.inverted; });
  }

  setWindow(window, { film } = {}) {
    return this.changeWindow(film, (one) => one.setWindow(window));
  }

  windowBy(widthSteps, centreSteps, { film } = {}) {
    return this.changeWindow(film, (one) => one.stepWindow(widthSteps, centreSteps));
  }

  windowDragged(film, dx, dy) {
    film.dragWindow(dx, dy);
    return this.changed(film);
  }

  preset(wanted, { film } = {}) {
    return this.changeWindow(film, (one) => one.preset(wanted));
  }

  presets(name) {
    const { film } = this.about(name);
    return film.samples ? film.presets().map(({ name: one, words }) => ({ name: one, words })) : [];
  }

  windowWords(name = "study") {
    return this.films[name].windowWords();
  }

  state(name = "study") {
    const film = this.films[name];
    return film.state(this.paneOf(film).size);
  }

  remember(name = "study") {
    const { view, window, inverted } = this.films[name];
    return { view, window, inverted };
  }

  recall({ view, window, inverted }, name = "study") {
    const film = this.films[name];
    if (!film.samples) return Promise.resolve();
    Object.assign(film, { view, window, inverted });
    return this.changed(film);
  }

  /* ---- for tests ---- */

  rgb(x, y, { pane = "original" } = {}) {
    return this.panes[pane].colourAt(x, y);
  }

  grey(x, y, given) {
    return this.rgb(x, y, given)?.[0] ?? null;
  }

  screenOf(x, y, { pane = "original" } = {}) {
    return this.panes[pane].screenOf(x, y);
  }

  frameOf(clientX, clientY, { pane = "original" } = {}) {
    return this.panes[pane].frameOf(clientX, clientY);
  }
}
