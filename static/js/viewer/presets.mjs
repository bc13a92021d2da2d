/* Pure: the five windows of Shift+1 to Shift+5, by what kind of image it is. Modality values: HU for CT. */

const CT = [
  ["soft_tissue", "soft tissue", 400, 40],
  ["lung", "lung", 1500, -600],
  ["bone", "bone", 2500, 480],
  ["brain", "brain", 80, 40],
  ["liver", "liver", 150, 90],
];
const NARROW = 0.5;
const WIDE = 2;

/** [{name, words, window: {centre, width, function}, inverted}]: inverted as seen against how the film is stored. */
export function presetsFor(instance, about) {
  if (isCt(instance)) return CT.map(([name, words, width, centre]) => ({ name, words, window: { centre, width, function: "LINEAR" }, inverted: false }));
  const stored = storedWindow(about);
  const [low, high] = about.range;
  const full = high > low ? { centre: (low + high) / 2, width: high - low, function: "LINEAR_EXACT" } : stored;
  return [
    { name: "stored", words: "as stored", window: stored, inverted: false },
    { name: "full", words: "full range", window: full, inverted: false },
    { name: "narrow", words: "narrow", window: { ...stored, width: scaled(stored, NARROW) }, inverted: false },
    { name: "wide", words: "wide", window: { ...stored, width: scaled(stored, WIDE) }, inverted: false },
    { name: "inverted", words: "inverted", window: stored, inverted: true },
  ];
}

/** As the header asks for it. */
export function storedWindow(about) {
  const { centre, width, function: name } = about.voi;
  return { centre, width, function: name };
}

function scaled({ width, function: name }, factor) {
  return name === "LINEAR" ? Math.max(1, width * factor) : width * factor;
}

function isCt(instance) {
  return instance?.modality === "CT" || String(instance?.case_type ?? "").startsWith("ct");
}
