/* Pure: boxes in pixels of the stored frame: {left, top, right, bottom}, corners exact. */

export const SMALLEST_BOX = 2;

/** The box between two points of the frame, in whichever direction it was drawn, clipped; null when it is too small. */
export function boxBetween(one, other, frame) {
  const clamp = (value, high) => Math.min(high, Math.max(0, value));
  const box = {
    left: clamp(Math.min(one.x, other.x), frame.width),
    top: clamp(Math.min(one.y, other.y), frame.height),
    right: clamp(Math.max(one.x, other.x), frame.width),
    bottom: clamp(Math.max(one.y, other.y), frame.height),
  };
  return box.right - box.left >= SMALLEST_BOX && box.bottom - box.top >= SMALLEST_BOX ? box : null;
}

export function inside(box, point) {
  return point.x >= box.left && point.x <= box.right && point.y >= box.top && point.y <= box.bottom;
}

/** Of the boxes under a point, the smallest: what lies inside another can still be chosen. */
export function boxAt(items, point) {
  const area = ({ box }) => (box.right - box.left) * (box.bottom - box.top);
  const under = items.filter((item) => item.box && inside(item.box, point));
  return under.sort((one, other) => area(one) - area(other))[0] ?? null;
}

/** A box moved by whole pixels of the frame, kept inside it. */
export function movedBox(box, dx, dy, frame) {
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const [right, down] = [clamp(dx, -box.left, frame.width - box.right), clamp(dy, -box.top, frame.height - box.bottom)];
  return { left: box.left + right, top: box.top + down, right: box.right + right, bottom: box.bottom + down };
}

/** A box whose named sides ("left", "top", ...) moved; sides never cross. */
export function resizedBox(box, sides, dx, dy, frame) {
  const next = { ...box };
  if (sides.includes("left")) next.left = Math.min(Math.max(0, box.left + dx), box.right - SMALLEST_BOX);
  if (sides.includes("right")) next.right = Math.max(Math.min(frame.width, box.right + dx), box.left + SMALLEST_BOX);
  if (sides.includes("top")) next.top = Math.min(Math.max(0, box.top + dy), box.bottom - SMALLEST_BOX);
  if (sides.includes("bottom")) next.bottom = Math.max(Math.min(frame.height, box.bottom + dy), box.top + SMALLEST_BOX);
  return next;
}
