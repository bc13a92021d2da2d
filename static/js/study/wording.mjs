/* Pure: what the page says of what it shows. */

import { label, probability } from "../words.mjs";
import { isUpFront } from "./items.mjs";

export const SUPPORT_WORDS = { box_only: " · box only", map_only: " · no box" };
export const KEY_WORDS = { both: "label and box", box_only: "box only", map_only: "no box: outline of the map" };

/** What the overlay shows now. */
export function caption(line, { source, suppressed, heatmap, demanded, analysed, withheld }) {
  if (withheld) return "withheld";
  if (!line) return analysed ? "no finding above threshold" : "not analysed";
  const name = `${label(line.label)}${SUPPORT_WORDS[line.support] ?? ""}`;
  if (!heatmap) return name;
  if (suppressed) return isUpFront(line) ? name : `${name} · no finding above threshold`;
  if (!source) return `${name} · no heatmap`;
  if (demanded) return `${name} · below threshold, shown because you asked`;
  return isUpFront(line) ? name : `${name} · below threshold`;
}

export function boxWords(line) {
  if (line.verdict === "corrected" || line.kind !== "model") return label(line.label);
  const said = line.verdict === "rejected" ? " rejected" : SUPPORT_WORDS[line.support] ?? (line.positive ? "" : " · below threshold");
  return `${label(line.label)} ${probability(line.probability)}${said}`;
}

/** "" where pixels are square; else their shape, width : height, {x, y} with the shorter side 1, which the film is drawn in. */
export function pixelWords(pixel) {
  if (!pixel || pixel.x === pixel.y) return "";
  const short = (side) => String(Math.round(side * 100) / 100);
  return `pixels not square: drawn ${short(pixel.x)} : ${short(pixel.y)}`;
}

/** A finding for somebody who does not see the screen. */
export function spoken(line, place, count) {
  const said = line.kind === "added" ? "yours" : `${probability(line.probability)}, ${line.positive ? "positive" : "below its operating point"}`;
  const verdict = line.kind === "model" && line.verdict ? `, ${line.verdict} by you` : "";
  return `${label(line.label)}: ${said}${verdict}. ${place} of ${count}.`;
}

/** Says what the key will do: how many findings stand if it is pressed. */
export function confirmWords({ signed, analysed, withheld, findings, reviews }) {
  if (signed) return "Signed";
  if (withheld) return reviews.length ? `Commit: abnormal, ${counted(reviews.length, "finding")}` : "Commit: normal";
  if (!analysed) return "Confirm";
  const judged = new Set(reviews.map((review) => review.finding_id));
  const open = findings.filter((finding) => finding.positive && !judged.has(finding.id)).length;
  if (reviews.length) return open ? `Confirm the other ${counted(open, "finding")}` : "Confirm and sign";
  return open ? `Confirm ${counted(open, "finding")}` : "Confirm: no finding";
}

/** What stands over the findings: signed, outdated, changed. */
export function bannerWords({ signed, outdated, changed }) {
  const words = [
    signed ? "You have signed this study. U opens it again." : "",
    outdated ? "Its findings changed after you signed." : "",
    changed && !signed ? "The findings changed while you were looking. Look again." : "",
  ];
  return words.filter(Boolean).join(" ");
}

export function counted(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
