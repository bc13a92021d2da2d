/* The room of the viewer: its panes, their layout, and drawing them. */

import { cornerstone } from "./cornerstone.mjs";
import { BoxEditor } from "./edit.mjs";
import { Film } from "./film.mjs";
import { Hand } from "./hand.mjs";
import { Lens } from "./lens.mjs";
import { MEASURES, Measures } from "./measure.mjs";
import { Pane } from "./pane.mjs";
import { Samples } from "./samples.mjs";

const LAYOUTS = { single: ["overlay"], pair: ["original", "overlay"], prior: ["original", "prior"], quad: ["original", "overlay", "prior", "extra"] };
const PANES = { original: ["study", "Original"], overlay: ["study", "Overlay"], prior: ["prior", "Prior"], extra: ["extra", "Other image"] };
const CALLBACKS = ["onChange", "onPick", "onBox", "onBoxEdited", "onFrame", "onMeasured", "onTool", "onPlaying"];
const NOTHING = () => {};

export class Room {
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
    Object.assign(this, { toolName: "pan", layoutName: null, focused: "study", linked: false, measuring: null, lens: null, timer: null, dirty: new Set() });
    room.viewer = this;
    room.dataset.tool = this.toolName;
    new ResizeObserver(() => this.refresh()).observe(room);
    this.watchRatio();
    this.layout("pair");
    this.ready = this.start(renderer);
  }

  /** A window that moves to another screen may have other pixels at the same size. */
  watchRatio() {
    const now = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    now.addEventListener("change", () => (this.refresh(), this.watchRatio()), { once: true });
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
    this.measuring = new Measures(this.cs, { filmOf: (imageId) => this.filmOf(imageId), changed: (name) => name && this.told.onMeasured(this.measurements(name)) });
    this.measuring.use(MEASURES[this.toolName] ? this.toolName : null);
    this.lens = new Lens(this.room, this.cs);
    this.refresh();
  }

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
      if (fresh && pane.viewport) this.measuring.add(pane);
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
}
