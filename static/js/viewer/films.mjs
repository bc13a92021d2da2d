/* Films on the panes: showing, fetching ahead, scrolling, cine, and what is said about them. */

import { isOf } from "./film.mjs";
import { EMPTY_SCENE } from "./marks.mjs";
import { Room } from "./room.mjs";
import { reduced } from "./samples.mjs";
import { asOn, fitScale, pixelOf, reduction } from "./view.mjs";

const SLOW_MS = 250;
const LOADING = "Loading the film";

export class Films extends Room {
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
      const samples = await this.samples.get(instance.id, frame, { background: true });
      await new Promise((resolve) => (globalThis.requestIdleCallback ?? setTimeout)(resolve));
      this.reduceAhead(samples);
      return true;
    } catch {
      return false;
    }
  }

  /** The picture that the fitted film will need, made before it is asked for. */
  reduceAhead(samples) {
    const [pane] = this.panesOf(this.films.study);
    if (!pane) return;
    const frame = { width: samples.columns, height: samples.rows, pixel: pixelOf(samples.about.pixel_aspect) };
    const step = reduction(fitScale(frame, pane.size, 0) * pane.ratio, frame.pixel);
    if ((step.x > 1 || step.y > 1) && !isOf(samples.small, step)) samples.small = { step, ...reduced(samples.data, samples.rows, samples.columns, samples.channels, step) };
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
}
