/* Pure: numbers and codes to the words of the page. */

/** .91 as radiologists write it; 1.00 and 0 stay readable. */
export function probability(value) {
  if (value === null || value === undefined) return "";
  const text = value.toFixed(2);
  if (value > 0 && text === "0.00") return "<.01";
  if (value < 1 && text === "1.00") return ">.99";
  return text.replace(/^0/, "");
}

/** "12 m", "1 h 52", "3 d 4 h". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A limit as people say it: "4 h", "90 m". */
export function limitWords(seconds) {
  return duration(seconds).replace(/ h 00$/, " h");
}

/** "9 m 40" for short spans where seconds matter. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds >= 3600) return duration(seconds);
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} m ${String(Math.floor(seconds % 60)).padStart(2, "0")}` : `${Math.floor(seconds)} s`;
}

const CASE_TYPES = {
  dental_bitewing: "Bitewing",
  dental_periapical: "Periapical",
  dental_panoramic: "Panoramic",
  chest: "Chest",
  bone: "Bone",
  ct: "CT",
  mr: "MR",
  "": "not known",
  unknown: "Not known",
};

export function caseType(code) {
  return CASE_TYPES[code] ?? code.replaceAll("_", " ");
}

/** A label of a model or a reader, as a word. */
export function label(code) {
  return code.replaceAll("_", " ").toLowerCase();
}

export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : text;
}

/** "no_model: there is no model for ct" -> "there is no model for ct": the code is for programs. */
export function reason(text) {
  return (text || "").replace(/^[a-z_]+: /, "");
}

/** 12 345 678 bytes -> "11.8 MB". */
export function bytes(size) {
  if (size < 1024) return `${size} B`;
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}

/** The chip of a study: class, word. Not analysed is never normal. */
export function chip({ triage, state }) {
  if (triage) return { kind: triage, word: triage };
  if (state === "needs_human") return { kind: "human", word: "needs a human" };
  if (state === "not_analysed") return { kind: "none", word: "not analysed" };
  if (state === "cancelled") return { kind: "none", word: "cancelled" };
  if (state === "analysed") return { kind: "none", word: "no triage" };
  return { kind: "none", word: state === "analysing" ? "analysing" : "waiting" };
}

/** 22:14 today, "21 Nov 22:14" otherwise; local time of the reader. */
export function moment(iso, now = new Date()) {
  const at = new Date(iso);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })} ${time}`;
}
