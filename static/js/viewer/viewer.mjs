/* The viewer: films on panes. The API that the study page uses is described in docs/viewer.md. */

import { cornerstone } from "./cornerstone.mjs";
import { BoxEditor } from "./edit.mjs";
import { Film } from "./film.mjs";
import { Hand } from "./hand.mjs";
import { Lens } from "./lens.mjs";
import { EMPTY_SCENE } from "./marks.mjs";
import { MEASURES, Measures } from "./measure.mjs";
import { Pane } from "./pane.mjs";
import { Samples } from "./samples.mjs";
import { asOn, flipped, oneToOne, pannedBy, rotatedBy, zoomedAt, FITTED } from "./view.mjs";

const LAYOUTS = { single: ["overlay"], pair: ["original", "overlay"], prior: ["original", "prior"], quad: ["original", "overlay", "prior", "extra"] };
const PANES = { original: ["study", "Original"], overlay: ["study", "Overlay"], prior: ["prior", "Prior"], extra: ["extra", "Other image"] };
const TOOLS = ["pan", "window", "zoom", "magnify", "box", ...Object.keys(MEASURES)];
const SLOW_MS = 250;
const LOADING = "Loading the film";
const NOTHING = () => {};
const CALLBACKS = ["onChange", "onPick", "onBox", "onBoxEdited", "onFrame", "onMeasured", "onTool", "onPlaying"];

export class Viewer {
  constructor({ room, colourStops = null, samples = new Samples(), renderer = null, ...told }) {
    this.room = room;
    this.samples = samples;
    this.told = Object.fromEntries(CALLBACKS.map((name) => [name, told[name] ?? NOTHING]));
    this.films = Object.fromEntries(["study", "prior", "extra"].map((name) => [name, new Film(name)]));
    this.editor = new BoxEditor({ onBox: (box) => this.told.onBox(box), onBoxEdited: (key, box) => this.told.onBoxEdited(key, box), changed: () => this.marksChanged() });
    this.panes = Object.fromEntries(Object.entries(PANES).map(([name, [film, label]]) => [name, new Pane(name, this.films[film], { label, stops: colourStops })]));
    for (const pane of Object.values(this.panes)) {
      pane.overlay = () => this.editor.overlay(pane.film);
      new Hand(this, pane);
    }
    Object.assign(this, { toolName: "pan", layoutName: null, focused: "study", linked: false, measures_: null, lens: null, timer: null, dirty: new Set() });
    room.viewer = this;
    room.dataset.tool = this.toolName;
    new ResizeObserver(() => this.refresh()).observe(room);
    this.layout("pair");
    this.ready = this.start(renderer);
  }

  async start(renderer) {
    try {
      this.cs = await cornerstone(renderer);
    } catch (error) {
      this.room.dataset.renderer = "none";
      for (const pane of Object.values(this.panes)) pane.say("The viewer could not be started in this browser. It needs ES2022 modules and a canvas.");
      throw error;
    }
    this.room.dataset.renderer = this.cs.renderer;
    this.measures_ = new Measures(this.cs, { filmOf: (imageId) => this.filmOf(imageId), changed: (name) => name && this.told.onMeasured(this.measurements(name)) });
    this.measures_.use(MEASURES[this.toolName] ? this.toolName : null);
    this.lens = new Lens(this.room, this.cs);
    this.refresh();
  }

  /* ---- panes ---- */

  layout(name) {
    if (!LAYOUTS[name] || name === this.layoutName) return;
    this.layoutName = name;
    this.room.dataset.layout = name;
    for (const pane of Object.values(this.panes)) {
      pane.element.hidden = !LAYOUTS[name].includes(pane.name);
      if (!pane.element.hidden) this.room.append(pane.element);
    }
    this.refresh();
  }

  pane(name) {
    return this.panes[name];
  }

  get shownPanes() {
    return LAYOUTS[this.layoutName].map((name) => this.panes[name]);
  }

  panesOf(film) {
    return this.shownPanes.filter((pane) => pane.film === film);
  }

  focus(name) {
    this.focused = name;
  }

  focusPane(pane) {
    this.focused = pane.film.name;
    this.focusedPane = pane;
  }

  /** The film that an act is about, and one of its panes. */
  about(name = this.focused) {
    const film = this.films[name].samples ? this.films[name] : this.films.study;
    return { film, pane: this.paneOf(film) };
  }

  paneOf(film) {
    const panes = this.panesOf(film);
    return panes.includes(this.focusedPane) ? this.focusedPane : panes.at(-1) ?? this.panes.overlay;
  }

  /** Panes take their size, those that came into sight begin; everything is drawn again. */
  refresh() {
    if (!this.cs) return Promise.resolve();
    for (const pane of this.shownPanes) {
      const fresh = !pane.viewport;
      pane.enable(this.cs);
      if (fresh && pane.viewport) this.measures_.add(pane);
      pane.resize();
    }
    return Promise.all(this.shownPanes.map((pane) => pane.draw()));
  }

  drawn(film) {
    return Promise.all(this.panesOf(film).map((pane) => pane.draw()));
  }

  /** After view or window changed. */
  changed(film) {
    const done = this.drawn(film);
    if (this.linked && film.name === "study") this.follow();
    this.told.onChange(film.name);
    return done;
  }

  marksChanged() {
    for (const pane of this.shownPanes) pane.paintMarks();
  }

  settled() {
    return Promise.all(this.shownPanes.map((pane) => pane.draw()));
  }

  /* ---- films ---- */

  async show({ instance, frame = 0 }, { pane: name = "study" } = {}) {
    const film = this.films[name];
    const turn = (film.asked += 1);
    const panes = () => this.panesOf(film);
    const slow = setTimeout(() => panes().forEach((pane) => pane.say(LOADING)), SLOW_MS);
    try {
      const [samples] = await Promise.all([this.samples.get(instance.id, frame), this.ready]);
      if (turn !== film.asked) return false;
      this.put(film, instance, frame, samples);
      await this.drawn(film);
      return turn === film.asked;
    } catch (error) {
      if (turn === film.asked) panes().forEach((pane) => pane.say(error.message));
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  put(film, instance, frame, samples) {
    const another = film.instance?.id !== instance.id;
    if (another && film.name === "study") this.editor.stop();
    film.put(instance, frame, samples);
    if (another && this.linked && film.name === "prior") this.follow({ draw: false });
    for (const pane of Object.values(this.panes)) if (pane.film === film) pane.say("");
    this.told.onChange(film.name);
  }

  async prefetch(instance, frame = 0) {
    try {
      await this.samples.get(instance.id, frame, { background: true });
      return true;
    } catch {
      return false;
    }
  }

  forget(instanceId) {
    this.samples.forget(instanceId);
  }

  clear(name = "study") {
    const film = this.films[name];
    film.clear();
    film.scene = EMPTY_SCENE;
    if (name === "study") this.editor.stop();
    return this.drawn(film);
  }

  shown(name = "study") {
    const { instance, index } = this.films[name];
    return instance ? { instance, frame: index } : null;
  }

  filmOf(imageId) {
    return Object.values(this.films).find((film) => film.samples && film.imageId === imageId) ?? null;
  }

  /** The frames that scrolling goes through: [{instance, frame}]; without it, those of the instance shown. */
  stack(places, name = "study") {
    this.films[name].stackOf(places);
  }

  async scroll(by, name = this.focused) {
    const film = this.films[name];
    const next = Math.min(film.stack.length - 1, Math.max(0, (film.wanted ?? film.position) + by));
    if (!film.samples || next === (film.wanted ?? film.position)) return false;
    return this.leafTo(film, next);
  }

  async leafTo(film, position) {
    film.wanted = position;
    const place = film.stack[position];
    const done = await this.show(place, { pane: film.name });
    if (film.wanted === position) film.wanted = null;
    if (done) this.told.onFrame(place.frame, film.name, place.instance);
    return done;
  }

  get playing() {
    return this.timer !== null;
  }

  /** Cine, around the end; a frame that is late is waited for, never skipped. */
  play(fps = 10, name = this.focused) {
    const film = this.films[name];
    if (this.playing || film.stack.length < 2) return;
    const step = async () => {
      const due = performance.now() + 1000 / fps;
      const done = await this.leafTo(film, (film.position + 1) % film.stack.length).catch(() => this.pause());
      if (this.timer === null || done === undefined) return;
      this.timer = setTimeout(step, Math.max(0, due - performance.now()));
    };
    this.timer = setTimeout(step, 1000 / fps);
    this.told.onPlaying(true);
  }

  pause() {
    if (!this.playing) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.told.onPlaying(false);
  }

  scene(given, { film: name = "study" } = {}) {
    const film = this.films[name];
    film.scene = { ...film.scene, ...given };
    const { edited } = this.editor;
    if (edited && given.boxes && !film.scene.boxes.some((item) => item.key === edited.key)) this.editor.stop();
    this.paintSoon(film);
  }

  sceneOf(name = "study") {
    return this.films[name].scene;
  }

  paintSoon(film) {
    if (!this.dirty.size) requestAnimationFrame(() => this.paintDirty());
    this.dirty.add(film);
  }

  paintDirty() {
    const films = new Set(this.dirty);
    this.dirty.clear();
    for (const pane of this.shownPanes) if (films.has(pane.film)) pane.paintMarks();
  }

  /* ---- tools ---- */

  tool(name) {
    if (!TOOLS.includes(name)) return;
    if (name !== "box") this.editor.stop();
    this.toolName = name;
    this.room.dataset.tool = name;
    this.measures_?.use(MEASURES[name] ? name : null);
    this.marksChanged();
    this.told.onTool(name);
  }

  measures(name) {
    return name in MEASURES;
  }

  measuredAt(pane, point) {
    return Boolean(this.measures_?.at(pane, point));
  }

  measurements(name = "study") {
    return this.measures_?.of(this.films[name]) ?? [];
  }

  removeMeasurement(id) {
    this.measures_.remove(id);
    this.settled();
  }

  clearMeasurements(name = "study") {
    for (const { id } of this.measurements(name)) this.measures_.remove(id);
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

  /** The prior follows the study's film: same zoom, turn and flips, and the same place as shares of its sides. */
  link(on) {
    this.linked = on;
    if (on) this.follow();
  }

  follow({ draw = true } = {}) {
    const { study, prior } = this.films;
    if (!study.samples || !prior.samples) return;
    prior.view = asOn(study.view, study.frame, prior.frame);
    if (draw) this.drawn(prior);
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
