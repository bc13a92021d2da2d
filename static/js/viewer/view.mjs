/* Pure: where a frame stands on a pane. A view is {zoom, centre, rotation, flippedX, flippedY}: zoom 1 is fitted, centre is the point of
 * the frame (pixels, corner convention: pixel i covers i to i + 1) in the middle of the pane, rotation is clockwise in degrees.
 * screen = middle + scale * turn(rotation) * flip * pixel * (point - centre); flips come first, along the frame's own axes. A frame is
 * {width, height, pixel}: pixel is the shape {x, y} of one of its pixels, the shorter side 1; `scale` is that of the shorter side. */

const CLOSEST_PIXELS = 32;
const FURTHEST_ZOOM = 0.5;
const STEPS = [8, 6, 4, 3, 2];

export const FITTED = Object.freeze({ zoom: 1, centre: null, rotation: 0, flippedX: false, flippedY: false });

export const SQUARE = Object.freeze({ x: 1, y: 1 });

/** The shape of a pixel by its height / width. No side is below 1: at 1:1 every sample has a device pixel of its own. */
export function pixelOf(aspect) {
  if (!(aspect > 0) || aspect === 1) return SQUARE;
  return aspect > 1 ? { x: 1, y: aspect } : { x: 1 / aspect, y: 1 };
}

/** CSS pixels per pixel of the frame, along its shorter side, when all of the frame is seen. */
export function fitScale({ width, height, pixel = SQUARE }, size, rotation) {
  const [wide, high] = [width * pixel.x, height * pixel.y];
  const turned = rotation % 180 !== 0;
  return Math.min(size.width / (turned ? high : wide), size.height / (turned ? wide : high));
}

export function scaleOf(view, frame, size) {
  return view.zoom * fitScale(frame, size, view.rotation);
}

export function centreOf(view, frame) {
  return view.centre ?? { x: frame.width / 2, y: frame.height / 2 };
}

/** [a, b, c, d, e, f] as a canvas takes it: x' = a x + c y + e, y' = b x + d y + f. */
export function matrixOf(view, frame, size, ratio = 1) {
  const scale = scaleOf(view, frame, size) * ratio;
  const { pixel = SQUARE } = frame;
  const { x, y } = centreOf(view, frame);
  const [cosine, sine] = turn(view.rotation);
  const [wide, high] = [scale * pixel.x * (view.flippedX ? -1 : 1), scale * pixel.y * (view.flippedY ? -1 : 1)];
  const [a, b, c, d] = [cosine * wide, sine * wide, -sine * high, cosine * high];
  return [a, b, c, d, (size.width * ratio) / 2 - a * x - c * y, (size.height * ratio) / 2 - b * x - d * y];
}

/** Exact for quarter turns. */
function turn(degrees) {
  const quarter = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[degrees];
  return quarter ?? [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
}

export function toScreen([a, b, c, d, e, f], point) {
  return { x: a * point.x + c * point.y + e, y: b * point.x + d * point.y + f };
}

export function toFrame([a, b, c, d, e, f], point) {
  const determinant = a * d - b * c;
  const [x, y] = [point.x - e, point.y - f];
  return { x: (d * x - c * y) / determinant, y: (a * y - b * x) / determinant };
}

/** Zoomed by a factor; the point of the frame that is under `point` of the pane stays there. */
export function zoomedAt(view, point, factor, frame, size) {
  const fitted = fitScale(frame, size, view.rotation);
  const zoom = Math.min(CLOSEST_PIXELS / fitted, Math.max(Math.min(FURTHEST_ZOOM, 1 / fitted), view.zoom * factor));
  const under = toFrame(matrixOf(view, frame, size), point);
  const after = toFrame(matrixOf({ ...view, zoom }, frame, size), point);
  const { x, y } = centreOf(view, frame);
  return { ...view, zoom, centre: kept({ x: x + under.x - after.x, y: y + under.y - after.y }, frame) };
}

/** Moved by CSS pixels of the screen. */
export function pannedBy(view, dx, dy, frame, size) {
  const matrix = matrixOf(view, frame, size);
  const middle = { x: size.width / 2, y: size.height / 2 };
  return { ...view, centre: kept(toFrame(matrix, { x: middle.x - dx, y: middle.y - dy }), frame) };
}

/** The middle of the pane always shows a point of the frame. */
function kept(point, frame) {
  const clamp = (value, high) => Math.min(high, Math.max(0, value));
  return { x: clamp(point.x, frame.width), y: clamp(point.y, frame.height) };
}

/** Turned clockwise as it is seen, whatever was flipped before. */
export function rotatedBy(view, degrees) {
  return { ...view, rotation: (((view.rotation + degrees) % 360) + 360) % 360 };
}

/** Mirrored left to right or top to bottom as it is seen. */
export function flipped(view, direction) {
  const turned = view.rotation % 180 !== 0;
  const horizontal = (direction === "horizontal") !== turned;
  return horizontal ? { ...view, flippedX: !view.flippedX } : { ...view, flippedY: !view.flippedY };
}

/** The shorter side of a pixel of the frame on one pixel of the device. */
export function oneToOne(view, frame, size, ratio) {
  return { ...view, zoom: 1 / ratio / fitScale(frame, size, view.rotation) };
}

export function isFitted(view) {
  return view.zoom === 1 && view.centre === null;
}

/** The same part of another frame, as shares of its sides. */
export function asOn(view, frame, other) {
  if (!view.centre) return { ...view };
  return { ...view, centre: { x: (view.centre.x / frame.width) * other.width, y: (view.centre.y / frame.height) * other.height } };
}

/** How many pixels of the frame, {x, y}, one pixel of a reduced picture stands for: as many as still give every device pixel its own. */
export function reduction(scale, pixel = SQUARE) {
  const along = (side) => STEPS.find((step) => step <= 1 / (scale * side) + 1e-9) ?? 1;
  return { x: along(pixel.x), y: along(pixel.y) };
}

/** The direction of the frame that a direction of the screen is nearest to: for arrow keys on a turned film. */
export function alongFrame([a, b, c, d], dx, dy) {
  const determinant = a * d - b * c;
  const [x, y] = [(d * dx - c * dy) / determinant, (a * dy - b * dx) / determinant];
  return Math.abs(x) >= Math.abs(y) ? { dx: Math.sign(x), dy: 0 } : { dx: 0, dy: Math.sign(y) };
}
