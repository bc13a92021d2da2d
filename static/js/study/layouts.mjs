/* Pure: which panes stand on the stage, and how the heatmap of each finding is looked at. */

export const IN_TURN = ["pair", "single", "quad"];
const STEPS = 20;

/** What the viewer is told: the layout that is wanted, unless the original alone or the prior was asked for. */
export function stageOf({ layout, original, prior }) {
  if (original) return { layout: "single", marks: "none" };
  if (prior) return { layout: "prior", marks: "all" };
  return { layout: IN_TURN.includes(layout) ? layout : "pair", marks: "all" };
}

export function nextLayout(layout) {
  return IN_TURN[(IN_TURN.indexOf(layout) + 1) % IN_TURN.length];
}

/** Opacity and threshold of each finding's map; a finding that was not touched yet starts where the last one was left. */
export class Looks {
  constructor({ opacity = 0.6, threshold = 0 } = {}) {
    this.last = { opacity, threshold };
    this.byKey = new Map();
  }

  of(key) {
    return this.byKey.get(key) ?? this.last;
  }

  change(key, change) {
    const wanted = { ...this.of(key), ...change };
    const look = { opacity: bounded(wanted.opacity, 1), threshold: bounded(wanted.threshold, 0.95) };
    this.last = look;
    if (key) this.byKey.set(key, look);
    return look;
  }

  forget() {
    this.byKey.clear();
  }
}

function bounded(value, highest) {
  return Math.min(highest, Math.max(0, Math.round(value * STEPS) / STEPS));
}
