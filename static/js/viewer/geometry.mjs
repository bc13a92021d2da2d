/* Pure: between pixels of the stored frame and pixels of the screen. A view is {scale, x, y}: screen = image * scale + (x, y). */

export const SMALLEST_BOX = 2;
const CLOSEST = 16;
const FURTHEST_OF_FIT = 0.5;
const KEEP_IN_SIGHT = 48;

/** The whole frame, centred. */
export function fit(frame, screen) {
  const scale = Math.min(screen.width / frame.width, screen.height / frame.height);
  return {
    scale,
    x: (screen.width - frame.width * scale) / 2,
    y: (screen.height - frame.height * scale) / 2,
  };
}

export function toScreen(view, point) {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}

export function toFrame(view, point) {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

/** Zoomed by a factor around a point of the screen, which stays over the same pixel of the frame. */
export function zoomAt(view, point, factor, frame, screen) {
  const fitted = fit(frame, screen).scale;
  const scale = Math.min(CLOSEST, Math.max(fitted * FURTHEST_OF_FIT, view.scale * factor));
  const under = toFrame(view, point);
  return kept({ scale, x: point.x - under.x * scale, y: point.y - under.y * scale }, frame, screen);
}

export function panBy(view, dx, dy, frame, screen) {
  return kept({ scale: view.scale, x: view.x + dx, y: view.y + dy }, frame, screen);
}

/** Part of the frame always stays in sight. */
export function kept(view, frame, screen) {
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  return {
    scale: view.scale,
    x: clamp(view.x, KEEP_IN_SIGHT - frame.width * view.scale, screen.width - KEEP_IN_SIGHT),
    y: clamp(view.y, KEEP_IN_SIGHT - frame.height * view.scale, screen.height - KEEP_IN_SIGHT),
  };
}

/** The same part of the frame on a screen of another size. */
export function resized(view, before, after, frame) {
  const centre = toFrame(view, { x: before.width / 2, y: before.height / 2 });
  const scale = view.scale * (fit(frame, after).scale / fit(frame, before).scale);
  return { scale, x: after.width / 2 - centre.x * scale, y: after.height / 2 - centre.y * scale };
}

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

export function boxOnScreen(view, box) {
  const start = toScreen(view, { x: box.left, y: box.top });
  return { x: start.x, y: start.y, width: (box.right - box.left) * view.scale, height: (box.bottom - box.top) * view.scale };
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
