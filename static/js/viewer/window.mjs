/* Pure: window centre and width, in grey values 0-255 of the displayed frame, to a lookup table. */

export const NEUTRAL = { centre: 127.5, width: 255, inverted: false };
const NARROWEST = 2;
const WIDEST = 512;

/** 256 output values for 256 input values: linear inside the window, black below, white above. */
export function lookupTable({ centre, width, inverted }) {
  const table = new Uint8ClampedArray(256);
  const low = centre - width / 2;
  for (let value = 0; value < 256; value += 1) {
    const shown = ((value - low) / width) * 255;
    table[value] = inverted ? 255 - Math.min(255, Math.max(0, shown)) : shown;
  }
  return table;
}

export function isNeutral({ centre, width, inverted }) {
  return !inverted && centre === NEUTRAL.centre && width === NEUTRAL.width;
}

/** Dragging right widens (less contrast), dragging up brightens: the centre falls. */
export function dragged(window, dx, dy) {
  const width = Math.min(WIDEST, Math.max(NARROWEST, window.width + dx));
  const centre = Math.min(255, Math.max(0, window.centre + dy / 2));
  return { ...window, centre, width };
}

/** The lookup table applied to RGBA pixels that are grey, in place. */
export function applyTable(pixels, table) {
  for (let index = 0; index < pixels.length; index += 4) {
    const shown = table[pixels[index]];
    pixels[index] = shown;
    pixels[index + 1] = shown;
    pixels[index + 2] = shown;
  }
}

export function describe({ centre, width, inverted }) {
  return `W ${Math.round(width)} L ${Math.round(centre)}${inverted ? " inverted" : ""}`;
}
