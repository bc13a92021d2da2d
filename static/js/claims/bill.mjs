/* The dialog of billed procedures: lines of code, tooth, surface, date; teeth in the numbering that the user types. */

import { el, role } from "../dom.mjs";

const NUMBERING = "second-reader.numbering";

/** Pure: what is typed as an FDI number; "" stays empty, null is no tooth. teeth: FDI -> Universal. */
export function fdiOf(typed, numbering, teeth) {
  const text = typed.trim().toUpperCase();
  if (!text) return "";
  if (numbering === "fdi") return text in teeth ? text : null;
  return Object.keys(teeth).find((fdi) => teeth[fdi] === text) ?? null;
}

export class BillDialog {
  constructor(teeth, { onSave }) {
    this.teeth = teeth;
    this.onSave = onSave;
    this.dialog = role("bill-dialog");
    this.lines = role("bill-lines");
    this.error = role("bill-error");
    this.numbering = document.getElementById("numbering");
    this.numbering.value = localStorage.getItem(NUMBERING) === "universal" ? "universal" : "fdi";
    this.numbering.addEventListener("change", () => this.renumber());
    role("bill-add").addEventListener("click", () => this.add({}).querySelector("input").focus());
    role("bill-cancel").addEventListener("click", () => this.dialog.close());
    role("bill-form").addEventListener("submit", (event) => this.save(event));
  }

  open(procedures) {
    this.lines.replaceChildren();
    this.error.textContent = "";
    this.shown = this.numbering.value;
    for (const line of procedures.length ? procedures : [{}]) this.add(line);
    this.dialog.showModal();
  }

  add({ code = "", tooth = "", surface = "", date = "" }) {
    const shown = this.numbering.value === "universal" && tooth ? this.teeth[tooth] ?? tooth : tooth;
    const cell = (name, value, more) => el("td", {}, el("input", { "data-field": name, "aria-label": name, value, autocomplete: "off", ...more }));
    const line = el(
      "tr",
      {},
      cell("code", code, { maxlength: 20 }),
      cell("tooth", shown, { maxlength: 2, size: 4 }),
      cell("surface", surface, { maxlength: 8, size: 6 }),
      cell("date", date, { type: "date" }),
      el("td", {}, el("button", { type: "button", class: "button small quiet", onclick: () => line.remove() }, "Remove")),
    );
    this.lines.append(line);
    return line;
  }

  /** The typed teeth, in the other numbering. */
  renumber() {
    localStorage.setItem(NUMBERING, this.numbering.value);
    for (const input of this.lines.querySelectorAll('[data-field="tooth"]')) {
      const fdi = fdiOf(input.value, this.shown, this.teeth);
      if (fdi) input.value = this.numbering.value === "universal" ? this.teeth[fdi] : fdi;
    }
    this.shown = this.numbering.value;
  }

  read() {
    return [...this.lines.rows]
      .map((row) => Object.fromEntries([...row.querySelectorAll("input")].map((input) => [input.dataset.field, input.value.trim()])))
      .filter((line) => Object.values(line).some(Boolean));
  }

  async save(event) {
    event.preventDefault();
    const lines = this.read();
    const procedures = lines.map((line) => ({ ...line, tooth: fdiOf(line.tooth, this.numbering.value, this.teeth) }));
    const wrong = procedures.findIndex((line) => line.tooth === null);
    if (wrong >= 0) return this.refuse(`There is no tooth "${lines[wrong].tooth}" in this numbering.`);
    if (procedures.some((line) => !line.code)) return this.refuse("Every line needs a code.");
    try {
      await this.onSave(procedures);
      return this.dialog.close();
    } catch (error) {
      return this.refuse([error.message, error.remedy].filter(Boolean).join(" "));
    }
  }

  refuse(words) {
    this.error.textContent = words;
  }
}
