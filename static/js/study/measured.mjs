/* What was measured on the film, in words beside it; each can be taken away. */

import { el, role } from "../dom.mjs";
import { viewer } from "./state.mjs";

export function drawMeasured(list = viewer.measurements("study")) {
  role("measured-box").hidden = list.length === 0;
  const line = (one) => el("p", {}, el("span", {}, `${one.kind}: ${one.text}`), el("button", { type: "button", class: "button small quiet", "aria-label": `Remove ${one.kind} ${one.text}`, onclick: () => viewer.removeMeasurement(one.id) }, "Remove"));
  role("measured").replaceChildren(...list.map(line));
}
