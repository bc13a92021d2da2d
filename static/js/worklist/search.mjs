/* Exact search by an identifier that is encrypted at rest. It travels in the body of a POST, never in an address. */

import { postJson } from "../api.mjs";
import { el, role } from "../dom.mjs";

const WORDS = {
  patient_id: ["Studies of one patient, by patient ID", "No study with this patient ID"],
  accession_number: ["Studies of one accession number", "No study with this accession number"],
  claim_number: ["Studies of one claim", "No study under this claim number"],
  pseudonym: ["Studies of one pseudonym", "No study of this pseudonym"],
};

export class Search {
  /** @param onChange called when a search begins or ends */
  constructor({ onChange }) {
    this.form = role("search");
    this.field = this.form.elements.typed;
    this.kind = this.form.elements.kind;
    this.said = role("searched");
    this.onChange = onChange;
    this.wanted = null;
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.kind.addEventListener("change", () => this.field.focus());
  }

  get active() {
    return this.wanted !== null;
  }

  focus() {
    this.field.focus();
    this.field.select();
  }

  submit(event) {
    event.preventDefault();
    const typed = this.field.value.trim();
    if (!typed) return this.leave();
    this.wanted = { kind: this.kind.value, typed };
    const all = el("button", { type: "button", class: "button small push", onclick: () => this.leave() }, "Back to the list ", el("kbd", {}, "Esc"));
    this.said.replaceChildren(el("span", {}, WORDS[this.kind.value][0]), all);
    this.said.hidden = false;
    this.field.blur();
    return this.onChange();
  }

  /** Forgets what was typed; the list comes back when a search was on. */
  leave() {
    const was = this.active;
    this.forget();
    if (was) this.onChange();
  }

  forget() {
    this.wanted = null;
    this.field.value = "";
    this.said.hidden = true;
  }

  fetch({ ids = "", cursor = "" }, options) {
    const { kind, typed } = this.wanted;
    return postJson("/api/worklist/search/", { [kind]: typed, lane: "all", ids, cursor }, options);
  }

  nothing() {
    return { title: WORDS[this.wanted.kind][1], text: "The whole number has to match; capital and small letters do not matter." };
  }
}
