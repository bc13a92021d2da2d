/* The banner of blind-first reading: what is withheld, and what to press. */

import { el, role } from "../dom.mjs";
import { keyText } from "./bindings.mjs";
import { isSigned, isWithheld, may, state } from "./state.mjs";

const WITHHELD = " What the models say is withheld until a reader has committed their own read.";

export function drawBlind() {
  const box = role("blind");
  box.hidden = !isWithheld() || isSigned();
  if (box.hidden) return;
  box.replaceChildren(
    el("b", {}, "Blind first."),
    el("span", {}, may("review_study") ? askedWords() : WITHHELD),
  );
}


function askedWords() {
  const key = (act) => keyText(state.keys[act]).join("+");
  return ` This site asks for your own read before the models' is shown. Draw what you see (${key("draw")}), then commit: ${key("confirm")} as the button says, ${key("correct")} as abnormal.`;
}
