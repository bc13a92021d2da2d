/* The next three studies, held ready: study, findings, reads, the samples of their first images, the maps of their findings. */

import { firstPlace } from "./items.mjs";

export const DEPTH = 3;
const MOST_IMAGES = 4;
const MOST_MAPS = 6;

/** Pure: what of a study is fetched before anybody opens it: {frames: [[instance, frame]], maps: [finding id], outlines}. */
export function wantedAhead({ study, findings }) {
  const place = firstPlace(findings, study.instances);
  const first = study.instances.find((one) => one.id === place.instanceId);
  const others = study.instances.filter((one) => one !== first).slice(0, MOST_IMAGES - 1);
  const shown = findings.filter((one) => one.positive && one.heatmap).slice(0, MOST_MAPS);
  return {
    frames: [...(first ? [[first, place.frame]] : []), ...others.map((one) => [one, 0])],
    maps: shown.map((one) => one.id),
    outlines: shown.filter((one) => one.support === "map_only").map((one) => one.id),
  };
}

export class Ahead {
  /** load(studyId), prefetch(instance, frame), picture(studyId, kind, findingId): what fetches; heard(): the last event. */
  constructor({ load, prefetch, picture, heard }) {
    Object.assign(this, { load, prefetch, picture, heard });
    this.held = new Map();
    this.working = Promise.resolve();
  }

  /** Holds the first rows that are not open, one after the other, the nearest first; lets go of the rest. */
  hold(rows) {
    const wanted = rows.slice(0, DEPTH);
    for (const [id, held] of this.held) {
      const row = wanted.find((one) => one.id === id);
      if (!row || row.version !== held.version) this.outdated(id);
    }
    for (const row of wanted) if (!this.held.has(row.id)) this.start(row);
    return this.working;
  }

  start(row) {
    const held = { version: row.version, sequence: 0, value: null, loading: null, dropped: false, complete: false };
    this.held.set(row.id, held);
    this.working = this.working.then(() => this.fetch(row.id, held)).catch(() => this.held.get(row.id) === held && this.held.delete(row.id));
  }

  async fetch(id, held) {
    if (held.dropped) return;
    held.sequence = this.heard();
    held.loading = this.load(id);
    held.value = await held.loading;
    if (held.dropped) return;
    await this.pictures(id, held.value);
    held.complete = true;
  }

  async pictures(studyId, loaded) {
    const { frames, maps, outlines } = wantedAhead(loaded);
    const [first, ...rest] = frames;
    if (first) await this.prefetch(...first);
    await Promise.allSettled([...maps.map((id) => this.picture(studyId, "map", id)), ...outlines.map((id) => this.picture(studyId, "outline", id))]);
    for (const frame of rest) await this.prefetch(...frame);
  }

  /** Gives what is held for a study, once: {loading, value, sequence}; null when nothing is, or nothing has begun. */
  take(studyId) {
    const held = this.held.get(studyId) ?? null;
    this.held.delete(studyId);
    if (held?.loading) return held;
    if (held) held.dropped = true;
    return null;
  }

  /** Something happened to a study meanwhile: what is held of it is old. */
  outdated(studyId) {
    const held = this.held.get(studyId);
    if (held) held.dropped = true;
    this.held.delete(studyId);
  }

  /** How many of the held studies are complete. */
  get ready() {
    return [...this.held.values()].filter((held) => held.complete).length;
  }
}
