/* Pure: which key asks for which act, how a key is written, and what may not be given to a key. */

const DIGIT_ROW = /^Digit(\d)$/;
const NAMED = new Set(["Tab", "Enter", "Home", "End", "Insert", "Delete", "PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
const SIGN = /^[!-/:-@[-`{-~]$/;
const LETTER = /^[^\W_]$|^\p{L}$/u;
const WRITTEN = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", PageUp: "PgUp", PageDown: "PgDn", Delete: "Del", Insert: "Ins" };

/**
 * How a key press is written, the closest reading first: "1", "Shift+1", "g", "[", "?", "Tab", "Shift+Tab", "Enter".
 * The digit row is read by place, so that it works on keyboards that need Shift for digits; a letter counts with
 * Caps Lock too, and with Shift where nothing else has that. Empty: the press belongs to the browser.
 */
export function keysOf({ key, code = "", shiftKey = false, ctrlKey = false, altKey = false, metaKey = false }) {
  if (ctrlKey || altKey || metaKey || !key) return [];
  if (NAMED.has(key)) return [shiftKey ? `Shift+${key}` : key];
  const digit = DIGIT_ROW.exec(code)?.[1];
  const readings = [];
  if (digit) readings.push(shiftKey ? `Shift+${digit}` : digit);
  if (key.length !== 1) return readings;
  if (!LETTER.test(key)) return SIGN.test(key) ? [...readings, key] : readings;
  const letter = key.toLowerCase();
  if (!shiftKey || /^\d$/.test(letter)) return [...readings, letter];
  return [...readings, `Shift+${letter}`, letter];
}

/** The act of a key press under the keys {act: key}, or null. "=" is "+" without Shift, while nothing else has it. */
export function actOf(event, keys) {
  const acts = byKey(keys);
  for (const reading of keysOf(event)) if (acts.has(reading)) return acts.get(reading);
  if (event.key === "=" && !event.ctrlKey && !event.metaKey && !event.altKey) return acts.get("+") ?? null;
  return null;
}

export function byKey(keys) {
  return new Map(Object.entries(keys).map(([act, key]) => [key, act]));
}

/** Why a press cannot be given to an act, in words; null when it can. */
export function refusal(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return "Keys with Ctrl, Alt or Meta belong to the browser.";
  if (event.key === "Escape") return "Esc always leaves what is open.";
  if (/^F\d+$/.test(event.key)) return "Function keys belong to the browser.";
  if (event.key === " ") return "Space presses the button that has the keyboard.";
  return keysOf(event).length ? null : "This key cannot be used alone.";
}

/** The acts that share a key: [[key, [act, act]], ...]. */
export function conflictsOf(keys) {
  const actsOf = new Map();
  for (const [act, key] of Object.entries(keys)) actsOf.set(key, [...(actsOf.get(key) ?? []), act]);
  return [...actsOf].filter(([, acts]) => acts.length > 1);
}

/** The keys after an act was given another: whoever had that key is named, and keeps it until the reader decides. */
export function rebound(keys, act, key) {
  const changed = { ...keys, [act]: key };
  const other = Object.keys(keys).find((one) => one !== act && keys[one] === key) ?? null;
  return { keys: changed, other };
}

/** A key as it is printed on a button: ["Shift", "1"], ["↑"], ["G"]. */
export function keyText(key) {
  const parts = key.startsWith("Shift+") ? ["Shift", key.slice(6)] : [key];
  return parts.map((part) => WRITTEN[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** The acts in their groups, in order: [[group, [act, ...]], ...]. */
export function grouped(acts) {
  const groups = new Map();
  for (const one of acts) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups];
}
