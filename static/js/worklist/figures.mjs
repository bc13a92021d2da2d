/* The figures over the list: how many, how urgent, how long. */

import { duration, span } from "../words.mjs";

function figure(element, text, zero = false) {
  element.textContent = text;
  element.classList.toggle("zero", zero);
}

export function drawFigures({ parts, figures, empty }) {
  const { urgent, waiting, oldest_seconds: oldest, median_seconds: median } = figures;
  figure(parts.urgent, urgent, urgent === 0);
  figure(parts.waiting, waiting, waiting === 0);
  figure(parts.oldest, duration(oldest));
  figure(parts.median, span(median));
  parts.start.disabled = empty;
  document.title = `${urgent ? `(${urgent} urgent) ` : ""}Worklist · Second Reader`;
}
