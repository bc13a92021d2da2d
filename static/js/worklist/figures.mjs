/* The figures over the list and the counts beside it: how many, how urgent, how long. */

import { duration, limitWords, span } from "../words.mjs";

const MANY = 999;

/** Pure: a count that the server stops counting at ("999+"). */
export function counted(number) {
  return typeof number === "number" && number > MANY ? `${MANY}+` : String(number);
}

function figure(element, text, zero = false) {
  element.textContent = text;
  element.classList.toggle("zero", zero);
}

export function drawFigures(parts, figures, { limit = null } = {}) {
  const { urgent, waiting, oldest_seconds: oldest, median_seconds: median } = figures;
  figure(parts.urgent, counted(urgent), urgent === 0);
  figure(parts.waiting, counted(waiting), waiting === 0);
  figure(parts.oldest, duration(oldest));
  const over = limit !== null && oldest !== null && oldest > limit;
  parts.oldest.parentElement.classList.toggle("over", over);
  parts["oldest-words"].textContent = limit === null ? "oldest" : over ? `oldest · past the limit of ${limitWords(limit)}` : `oldest · limit ${limitWords(limit)}`;
  figure(parts.median, span(median));
  document.title = `${urgent ? `(${counted(urgent)} urgent) ` : ""}Worklist · Second Reader`;
}

/** Counts of a group of buttons that the server rendered; the buttons stay, only numbers and pressed states change. */
export function drawCounts(buttons, counts, pressed) {
  for (const button of buttons) {
    const { value } = button.dataset;
    const number = value ? counts[value] ?? 0 : null;
    const place = button.querySelector("b");
    button.setAttribute("aria-pressed", value === pressed ? "true" : "false");
    if (number === null) continue;
    place.textContent = counted(number);
    place.classList.toggle("zero", number === 0);
  }
}
