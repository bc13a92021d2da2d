/* Pure: samples of a frame, and a window in modality values, to grey. Source: DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.
 * about (from X-Samples): modality value = slope * sample + intercept; inverted: grey is inverted after the window. */

const DRAG_PIXELS = 300;
const STEPS = 64;
const NARROWEST_SHARE = 1 / 4096;

/** Modality value -> grey in [0, 1]. */
export function greyOf({ centre, width, function: name }, value) {
  if (name === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - centre)) / width));
  const { lower, upper } = endsOf({ centre, width, function: name });
  if (upper <= lower) return value > lower ? 1 : 0;
  return Math.min(1, Math.max(0, (value - lower) / (upper - lower)));
}

/** The modality values that become black and white. */
export function endsOf({ centre, width, function: name }) {
  if (name === "LINEAR") return { lower: centre - 0.5 - (width - 1) / 2, upper: centre - 0.5 + (width - 1) / 2 };
  return { lower: centre - width / 2, upper: centre + width / 2 };
}

/** Grey 0-255 of the samples 0 to top. */
export function greyTable(about, window, inverted, top) {
  const table = new Uint8ClampedArray(top + 1);
  const turned = about.inverted !== inverted;
  for (let sample = 0; sample <= top; sample += 1) {
    const grey = 255 * greyOf(window, about.slope * sample + about.intercept);
    table[sample] = turned ? 255 - grey : grey;
  }
  return table;
}

/** The window in samples, for a renderer that windows by itself: {lower, upper, sigmoid, inverted}. A sigmoid's ends are those of the
 *  LINEAR window of the same centre and width, which is how Cornerstone is told of one. */
export function sampleWindow(about, window, inverted) {
  const sigmoid = window.function === "SIGMOID";
  const ends = endsOf(sigmoid ? { ...window, function: "LINEAR_EXACT" } : window);
  const [one, other] = [ends.lower, ends.upper].map((value) => (value - about.intercept) / about.slope);
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  const turned = (about.inverted !== inverted) !== about.slope < 0;
  if (sigmoid) return { lower: low, upper: Math.max(low, high - 1), sigmoid, inverted: turned };
  return { lower: low, upper: high > low ? high : low + 1e-3, sigmoid, inverted: turned };
}

/** How much grey the film has: for steps and drags. */
function spanOf(about) {
  const [low, high] = about.range;
  return Math.max(high - low, about.voi.width, Math.abs(about.slope));
}

/** Dragging right widens (less contrast), dragging down darkens. CSS pixels. */
export function draggedWindow(window, dx, dy, about) {
  const perPixel = Math.max(window.width, 0.05 * spanOf(about)) / DRAG_PIXELS;
  return limited({ ...window, width: window.width + dx * perPixel, centre: window.centre + dy * perPixel }, about);
}

/** In steps of 1/64 of the film's range. */
export function steppedWindow(window, widthSteps, centreSteps, about) {
  const step = spanOf(about) / STEPS;
  return limited({ ...window, width: window.width + widthSteps * step, centre: window.centre + centreSteps * step }, about);
}

function limited(window, about) {
  const span = spanOf(about);
  const least = Math.max(window.function === "LINEAR" ? 1 : 0, span * NARROWEST_SHARE);
  const [low, high] = [about.range[0] - span, about.range[1] + span];
  return { ...window, width: Math.min(8 * span, Math.max(least, window.width)), centre: Math.min(high, Math.max(low, window.centre)), preset: null };
}

/** "W 400 L 40 · soft tissue". */
export function windowWords(window, inverted, words = "") {
  const digits = window.width < 10 ? 1 : 0;
  const figures = `W ${window.width.toFixed(digits)} L ${window.centre.toFixed(digits)}`;
  return [figures, words, inverted ? "inverted" : ""].filter(Boolean).join(" · ");
}
