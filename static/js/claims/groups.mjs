/* The dialog of procedure groups: the organisation's own codes, and the labels that support or contradict. */

import { getJson, putJson } from "../api.mjs";
import { el, role } from "../dom.mjs";

const PATH = "/api/claims/groups/";
const split = (text) => text.split(",").map((part) => part.trim()).filter(Boolean);

export class GroupsDialog {
  constructor({ mayWrite, toast }) {
    this.mayWrite = mayWrite;
    this.toast = toast;
    this.dialog = role("groups-dialog");
    this.room = role("groups");
    this.error = role("groups-error");
    role("groups-close").addEventListener("click", () => this.dialog.close());
    role("groups-add").addEventListener("click", () => this.add({}).querySelector("input").focus());
    role("groups-save").addEventListener("click", () => this.save());
    for (const name of ["groups-add", "groups-save"]) role(name).hidden = !mayWrite;
  }

  async open() {
    this.error.textContent = "";
    const { groups } = await getJson(PATH);
    this.room.replaceChildren();
    for (const group of groups) this.add(group);
    this.dialog.showModal();
  }

  add({ name = "", codes = "", supporting = [], contradicting = [], source = "" }) {
    const field = (key, word, value) =>
      el("label", { class: "field" }, word, el("input", { "data-field": key, value, autocomplete: "off", readonly: !this.mayWrite }));
    const long = (key, word, value) =>
      el("label", { class: "field" }, word, el("textarea", { "data-field": key, rows: 2, readonly: !this.mayWrite }, value));
    const group = el(
      "fieldset",
      { class: "panel" },
      field("name", "Group", name),
      field("codes", "Your codes and ranges", codes),
      long("supporting", "Labels that support it", supporting.join(", ")),
      long("contradicting", "Labels that speak against it", contradicting.join(", ")),
      long("source", "Source", source),
      this.mayWrite ? el("button", { type: "button", class: "button small quiet", onclick: () => group.remove() }, "Remove the group") : null,
    );
    this.room.append(group);
    return group;
  }

  read() {
    return [...this.room.children].map((group) => {
      const typed = Object.fromEntries([...group.querySelectorAll("[data-field]")].map((input) => [input.dataset.field, input.value.trim()]));
      return { ...typed, supporting: split(typed.supporting), contradicting: split(typed.contradicting) };
    });
  }

  async save() {
    try {
      await putJson(PATH, { groups: this.read() });
      this.dialog.close();
      this.toast.say("The table is saved. Every claim is judged by it from now on.");
    } catch (error) {
      this.error.textContent = [error.message, error.remedy].filter(Boolean).join(" ");
    }
  }
}
