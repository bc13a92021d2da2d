/* The list of labels: type to narrow, arrows to choose, Enter to take. Resolves with a label, or null when left. */

import { el, role } from "../dom.mjs";
import { label as word } from "../words.mjs";

/** Pure: the labels that match what was typed: from the start of a word first, then anywhere. */
export function narrowed(labels, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [...labels];
  const matches = labels.filter((code) => word(code).includes(wanted));
  const starts = (code) => word(code).split(" ").some((part) => part.startsWith(wanted));
  return [...matches.filter(starts), ...matches.filter((code) => !starts(code))];
}

export function chooseLabel({ title, labels, current = null }) {
  const dialog = role("label-dialog");
  const filter = role("label-filter");
  const list = role("label-choices");
  role("label-title").textContent = title;
  filter.value = "";
  let shown = [];
  let at = 0;
  let taken = null;

  const draw = () => {
    list.replaceChildren(
      ...shown.map((code, index) => el("li", { role: "option", "aria-selected": index === at ? "true" : "false", onclick: () => take(code) }, word(code))),
    );
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const narrow = () => {
    shown = narrowed(labels, filter.value);
    at = Math.max(0, filter.value ? 0 : shown.indexOf(current));
    draw();
  };
  const take = (code) => {
    taken = code ?? null;
    dialog.close();
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") at = Math.min(shown.length - 1, at + 1);
    else if (event.key === "ArrowUp") at = Math.max(0, at - 1);
    else if (event.key === "Enter") return event.preventDefault(), take(shown[at]);
    else return undefined;
    event.preventDefault();
    return draw();
  };

  filter.addEventListener("input", narrow);
  dialog.addEventListener("keydown", keys);
  narrow();
  dialog.showModal();
  filter.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      filter.removeEventListener("input", narrow);
      dialog.removeEventListener("keydown", keys);
      resolve(taken);
    }, { once: true });
  });
}
