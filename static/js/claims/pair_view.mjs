/* Pure: where two films of different size lie when they are looked at as one: same part of each, same share of its room. */

export const FIT = { zoom: 1, x: 0.5, y: 0.5 };
const CLOSEST = 12;

/** The rectangle in the room where a film is drawn. view: zoom (1 fits), x and y: the film's share in the room's middle. */
export function placed(view, film, room) {
  const scale = Math.min(room.width / film.columns, room.height / film.rows) * view.zoom;
  const width = film.columns * scale;
  const height = film.rows * scale;
  return { left: room.width / 2 - view.x * width, top: room.height / 2 - view.y * height, width, height, scale };
}

/** The view zoomed by a factor around a place of the room, which keeps its pixel. */
export function zoomed(view, factor, at, film, room) {
  const before = placed(view, film, room);
  const share = { x: (at.x - before.left) / before.width, y: (at.y - before.top) / before.height };
  const zoom = Math.min(CLOSEST, Math.max(1, view.zoom * factor));
  const after = placed({ ...view, zoom }, film, room);
  return bounded({
    zoom,
    x: share.x - (at.x - room.width / 2) / after.width,
    y: share.y - (at.y - room.height / 2) / after.height,
  });
}

/** The view moved by pixels of the room. */
export function moved(view, by, film, room) {
  const { width, height } = placed(view, film, room);
  return bounded({ ...view, x: view.x - by.x / width, y: view.y - by.y / height });
}

function bounded({ zoom, x, y }) {
  if (zoom <= 1) return { ...FIT };
  const inside = (share) => Math.min(1, Math.max(0, share));
  return { zoom, x: inside(x), y: inside(y) };
}

/** Corners of a box in pixels of the film as a rectangle in the room; mirrored when the film is. */
export function boxPlaced(box, film, rect, mirrored) {
  const left = mirrored ? film.columns - box.right : box.left;
  return {
    left: rect.left + left * rect.scale,
    top: rect.top + box.top * rect.scale,
    width: (box.right - box.left) * rect.scale,
    height: (box.bottom - box.top) * rect.scale,
  };
}
