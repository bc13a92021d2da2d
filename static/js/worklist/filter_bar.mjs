/* The filters as a form that opens, and as chips that can be taken away one by one. The address of the page follows. */

import { el, role } from "../dom.mjs";
import { FILTERS, filterWords, filtersOf } from "./wanted.mjs";

export class FilterBar {
  /**
   * @param names {sites}: what ids are called
   * @param onChange called with the filters that are wanted now
   */
  constructor({ names, onChange }) {
    this.names = names;
    this.onChange = onChange;
    this.menu = role("filter-menu");
    this.form = role("filter-form");
    this.chips = role("filter-chips");
    this.clear = role("filter-clear");
    this.fields = new Map(FILTERS.map((name) => [name, this.form.elements[name]]).filter(([, field]) => field));
    this.form.addEventListener("change", () => this.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.close();
    });
    this.clear.addEventListener("click", () => onChange({}));
  }

  changed() {
    const wanted = {};
    for (const [name, field] of this.fields) {
      const value = field.type === "checkbox" ? (field.checked ? field.value : "") : field.value;
      if (value) wanted[name] = value;
    }
    this.onChange(wanted);
  }

  /** Opens the form with the keyboard on its first field. */
  open() {
    this.menu.open = true;
    this.fields.values().next().value?.focus();
  }

  close() {
    this.menu.open = false;
    this.menu.querySelector("summary").focus();
  }

  draw(wanted) {
    const filters = filtersOf(wanted);
    for (const [name, field] of this.fields) {
      if (field.type === "checkbox") field.checked = Boolean(filters[name]);
      else if (document.activeElement !== field) field.value = filters[name] ?? "";
    }
    this.chips.replaceChildren(...Object.entries(filters).map(([name, value]) => this.chip(name, value, filters)));
    this.clear.hidden = Object.keys(filters).length < 2;
  }

  chip(name, value, filters) {
    const words = filterWords(name, value, this.names);
    const { [name]: _, ...others } = filters;
    const remove = () => {
      this.onChange(others);
      (this.chips.querySelector("button") ?? this.menu.querySelector("summary")).focus();
    };
    return el("button", { type: "button", class: "tag held", "aria-label": `Remove the filter: ${words}`, onclick: remove }, words, el("span", { "aria-hidden": "true" }, "×"));
  }
}
