/* The colour scale of a heatmap: the legend's band, its words, and maps below a threshold. Stops are [red, green, blue, alpha], 0-255, evenly
 * spaced from 0 to the scale's top, the very ones that the server colours maps with: from blue over magenta to yellow, lightness rising all
 * the way, so that it reads the same without colour vision. */

const FAINT = 0.6;
const SCALE_MEANING = "contribution to the logit, per cell";
const cut = new WeakMap();

export function scaleWords(top) {
  return ["0", `+${top}`, SCALE_MEANING];
}

/** The legend's band; what lies below the threshold is left empty. */
export function paintScale(canvas, stops, { threshold = 0 } = {}) {
  const context = canvas.getContext("2d");
  const band = context.createLinearGradient(0, 0, canvas.width, 0);
  stops.forEach(([red, green, blue, alpha], index) => band.addColorStop(index / (stops.length - 1), `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`));
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = band;
  const start = Math.round(canvas.width * threshold);
  context.fillRect(start, 0, canvas.width - start, canvas.height);
}

/** Pure: the opacity, 0-255, of a share of the scale. It never falls along the scale, so that opacity tells the share. */
export function opacityAt(stops, share) {
  const position = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const lower = Math.min(Math.floor(position), stops.length - 2);
  return stops[lower][3] + (stops[lower + 1][3] - stops[lower][3]) * (position - lower);
}

/** Pure: RGBA pixels whose opacity is below a bound become empty, in place. */
export function emptyBelow(pixels, bound) {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] < bound) pixels[at] = 0;
}

/** The map without what lies below a share of its scale; the map itself where there is nothing to leave out. */
export function aboveThreshold(bitmap, stops, { threshold, faint }) {
  if (!threshold || !stops) return bitmap;
  const known = cut.get(bitmap);
  if (known?.threshold === threshold && known.faint === faint) return known.canvas;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const picture = context.getImageData(0, 0, bitmap.width, bitmap.height);
  emptyBelow(picture.data, opacityAt(stops, threshold) * (faint ? FAINT : 1));
  context.putImageData(picture, 0, 0);
  cut.set(bitmap, { threshold, faint, canvas });
  return canvas;
}
