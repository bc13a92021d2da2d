/* A list of labels: type to narrow, arrows to choose, Enter to take, Escape to leave. */

import { ask, el } from "../../dom.mjs";
import { label as word } from "../../words.mjs";

let made = 0;

/** Pure: the labels that match what was typed: from the start of a word first, then anywhere. */
export function narrowed(labels, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [...labels];
  const matches = labels.filter((code) => word(code).includes(wanted));
  const starts = (code) => word(code).split(" ").some((part) => part.startsWith(wanted));
  return [...matches.filter(starts), ...matches.filter((code) => !starts(code))];
}

export class LabelPicker {
  /**
   * @param labels what may be chosen, in order
   * @param current where the choice begins
   * @param onTake called with the label
   * @param onLeave called on Escape
   */
  constructor({ labels, current = null, onTake, onLeave = () => {} }) {
    this.onTake = onTake;
    this.onLeave = onLeave;
    made += 1;
    this.name = `label-picker-${made}`;
    this.input = el("input", { type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: "type to narrow the list", "aria-label": "Label, type to narrow the list", "aria-expanded": "true", "aria-autocomplete": "list", "aria-controls": this.name });
    this.list = el("ul", { class: "choices", role: "listbox", id: this.name, "aria-label": "Labels" });
    this.none = el("p", { class: "notice", role: "status" });
    this.element = el("div", { class: "label-picker" }, this.input, this.list, this.none);
    this.input.addEventListener("input", () => this.narrow());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.reset(labels, current);
  }

  reset(labels, current = null) {
    this.labels = labels;
    this.current = current;
    this.input.value = "";
    this.narrow();
  }

  focus() {
    this.input.focus();
  }

  narrow() {
    this.shown = narrowed(this.labels, this.input.value);
    this.at = this.input.value ? 0 : Math.max(0, this.shown.indexOf(this.current));
    this.draw();
  }

  draw() {
    this.list.replaceChildren(...this.shown.map((code, index) => this.option(code, index)));
    this.none.textContent = this.shown.length ? "" : "No label has this in it.";
    const here = this.list.children[this.at];
    if (here) this.input.setAttribute("aria-activedescendant", here.id);
    else this.input.removeAttribute("aria-activedescendant");
    here?.scrollIntoView({ block: "nearest" });
  }

  option(code, index) {
    const here = index === this.at;
    return el("li", { role: "option", id: `${this.name}-${index}`, "aria-selected": String(here), "data-label": code, onclick: () => this.onTake(code) }, word(code), code === this.current ? el("span", { class: "faint" }, " now") : null);
  }

  pressed(event) {
    const last = this.shown.length - 1;
    const steps = { ArrowDown: Math.min(last, this.at + 1), ArrowUp: Math.max(0, this.at - 1), PageDown: Math.min(last, this.at + 8), PageUp: Math.max(0, this.at - 8) };
    if (event.key in steps) this.at = Math.max(0, steps[event.key]);
    else if (event.key === "Enter" && this.shown[this.at]) this.onTake(this.shown[this.at]);
    else if (event.key === "Escape") this.onLeave();
    else if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key in steps) this.draw();
  }
}

/** Opens a dialog of its own; resolves with a label, or null when left. */
export async function pickLabel({ title, labels, current = null }) {
  const heading = el("h1", {}, title);
  const dialog = el("dialog", { class: "label-dialog", "aria-label": title });
  const picker = new LabelPicker({ labels, current, onTake: (code) => dialog.close(`take:${code}`), onLeave: () => dialog.close("") });
  const keys = el("p", { class: "notice" }, el("kbd", {}, "↑"), " ", el("kbd", {}, "↓"), " choose · ", el("kbd", {}, "Enter"), " take · ", el("kbd", {}, "Esc"), " leave");
  dialog.append(heading, picker.element, keys);
  document.body.append(dialog);
  const asked = ask(dialog);
  picker.focus();
  picker.draw();
  const answer = await asked;
  dialog.remove();
  return answer.startsWith("take:") ? answer.slice("take:".length) : null;
}
