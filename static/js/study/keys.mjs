/* Pure: which key asks for what on the study page. Letters work with and without Shift. */

const KEYS = {
  1: "confirm",
  2: "correct",
  x: "reject",
  l: "relabel",
  m: "rebox",
  r: "draw",
  u: "undo",
  n: "next",
  g: "heatmap",
  h: "demand",
  b: "boxes",
  "[": "fainter",
  "]": "stronger",
  i: "invert",
  0: "fit",
  "+": "closer",
  "=": "closer",
  "-": "further",
  ",": "narrower",
  ".": "wider",
  ";": "darker",
  "'": "brighter",
  w: "worklist",
  "?": "keys",
  Enter: "sign",
  Escape: "leave",
  ArrowUp: "previousFrame",
  ArrowDown: "nextFrame",
  PageUp: "previousImage",
  PageDown: "nextImage",
};

/** The act of a key press, or null. */
export function actOf({ key, shiftKey = false }) {
  if (key === "Tab") return shiftKey ? "previousFinding" : "nextFinding";
  return KEYS[key] ?? KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}
