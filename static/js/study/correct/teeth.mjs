/* Pure: tooth numbers and where teeth stand. FDI is what is stored (ISO 3950); Universal is a view of it (ADA). */

const range = (from, to) => Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + Math.sign(to - from) * index);

/** Rows as one looks at the patient: their right is on the left. */
export const PERMANENT = { upper: [...range(18, 11), ...range(21, 28)], lower: [...range(48, 41), ...range(31, 38)] };
export const PRIMARY = { upper: [...range(55, 51), ...range(61, 65)], lower: [...range(85, 81), ...range(71, 75)] };

const POSITIONS = ["central incisor", "lateral incisor", "canine", "first premolar", "second premolar", "first molar", "second molar", "third molar"];
const PRIMARY_POSITIONS = ["central incisor", "lateral incisor", "canine", "first molar", "second molar"];

/** Universal runs around: upper from the right, then lower from the left. */
const UNIVERSAL = new Map([
  ...[...PERMANENT.upper, ...[...PERMANENT.lower].reverse()].map((fdi, index) => [fdi, String(index + 1)]),
  ...[...PRIMARY.upper, ...[...PRIMARY.lower].reverse()].map((fdi, index) => [fdi, String.fromCharCode(65 + index)]),
]);

export const isTooth = (fdi) => UNIVERSAL.has(fdi);
export const isPrimary = (fdi) => fdi > 50;
export const universalOf = (fdi) => UNIVERSAL.get(fdi) ?? "";
export const isUpper = (fdi) => [1, 2, 5, 6].includes(Math.floor(fdi / 10));
/** The patient's side, as DICOM says it. */
export const sideOf = (fdi) => ([1, 4, 5, 8].includes(Math.floor(fdi / 10)) ? "R" : "L");
export const archOf = (primary) => (primary ? PRIMARY : PERMANENT);

/** "36" or "19". */
export function toothNumber(fdi, numbering = "fdi") {
  return numbering === "universal" ? universalOf(fdi) : String(fdi);
}

/** "tooth 36 (Universal 19)", or "tooth 19 (FDI 36)". */
export function toothWords(fdi, numbering = "fdi") {
  return numbering === "universal" ? `tooth ${universalOf(fdi)} (FDI ${fdi})` : `tooth ${fdi} (Universal ${universalOf(fdi)})`;
}

/** "lower left first molar", "upper right primary canine". */
export function toothName(fdi) {
  const position = (fdi % 10) - 1;
  const place = `${isUpper(fdi) ? "upper" : "lower"} ${sideOf(fdi) === "R" ? "right" : "left"}`;
  return isPrimary(fdi) ? `${place} primary ${PRIMARY_POSITIONS[position]}` : `${place} ${POSITIONS[position]}`;
}

/** What was typed, as an FDI number: "36"; "19" or "k" in Universal; null when it is no tooth. */
export function toothTyped(text, numbering = "fdi") {
  const wanted = text.trim().toUpperCase();
  if (numbering === "fdi") return isTooth(Number(wanted)) ? Number(wanted) : null;
  for (const [fdi, universal] of UNIVERSAL) if (universal === wanted) return fdi;
  return null;
}

/** The tooth that an arrow key leads to; the same one at the end of a row. */
export function stepTooth(fdi, key) {
  const arch = archOf(isPrimary(fdi));
  const row = isUpper(fdi) ? arch.upper : arch.lower;
  const at = row.indexOf(fdi);
  const last = row.length - 1;
  const steps = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last };
  if (key in steps) return row[steps[key]];
  if (key === "ArrowUp") return arch.upper[at];
  if (key === "ArrowDown") return arch.lower[at];
  return fdi;
}

/** Molars are wide, incisors narrow: [width along the arch, depth across it], in units of the chart. */
export function toothSize(fdi) {
  const position = fdi % 10;
  if (isPrimary(fdi)) return position <= 3 ? [26, 25] : [34, 31];
  if (position <= 3) return [21, 23];
  return position <= 5 ? [22, 25] : [24, 29];
}

/**
 * Where the teeth of one row stand: on half an ellipse, at equal distances along it.
 * {fdi, x, y, angle}: the middle of the tooth and the direction outwards, degrees clockwise from upwards.
 */
export function archPlaces(row, { x, y, halfWidth, halfHeight, upper }) {
  const samples = 720;
  const points = [];
  let length = 0;
  for (let index = 0; index <= samples; index += 1) {
    const turn = Math.PI * (1 - index / samples);
    const point = { turn, x: halfWidth * Math.cos(turn), y: halfHeight * Math.sin(turn) };
    if (index) length += Math.hypot(point.x - points[index - 1].x, point.y - points[index - 1].y);
    points.push({ ...point, length });
  }
  return row.map((fdi, index) => {
    const point = points.find((one) => one.length >= ((index + 0.5) / row.length) * length);
    const outwards = Math.atan2(point.x / halfWidth ** 2, point.y / halfHeight ** 2) * (180 / Math.PI);
    return { fdi, x: x + point.x, y: upper ? y - point.y : y + point.y, angle: upper ? outwards : 180 - outwards };
  });
}
