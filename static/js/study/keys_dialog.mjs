/* The list of all keys, made from the bindings themselves, and the dialog that changes them. */

import { putJson } from "../api.mjs";
import { ask, el, role } from "../dom.mjs";
import { conflictsOf, grouped, keysOf, keyText, rebound, refusal } from "./bindings.mjs";

const GROUP_WORDS = { decide: "Decide", findings: "Findings", overlay: "Overlay and layout", look: "Window and view", tools: "Measure", go: "Go" };
const FIXED = ["Escape"];

export function keyMark(key) {
  return keyText(key).flatMap((part, index) => (index ? ["+", el("kbd", {}, part)] : [el("kbd", {}, part)]));
}

/** Prints the keys that hold wherever the page names one. */
export function printKeys(keys, within = document) {
  for (const mark of within.querySelectorAll("kbd[data-key-of]")) mark.textContent = keyText(keys[mark.dataset.keyOf] ?? "").join("+");
}

export class KeysDialog {
  /** acts: [{act, key, group, words}] as the server gives them; words(act): what else to say; onChanged(keys) after saving. */
  constructor({ acts, keys, words = () => "", onChanged, failed }) {
    Object.assign(this, { acts, keys, words, onChanged, failed });
    this.draft = null;
    this.waiting = null;
    role("keys-change").addEventListener("click", () => this.change());
    role("remap-save").addEventListener("click", () => this.save());
    role("remap-default").addEventListener("click", () => this.all(Object.fromEntries(acts.map((one) => [one.act, one.key]))));
    role("remap").addEventListener("keydown", (event) => this.pressed(event));
    role("remap").addEventListener("close", () => this.stopWaiting());
  }

  show() {
    const rows = ({ act, words }) => [el("dt", {}, keyMark(this.keys[act])), el("dd", {}, [words, this.words(act)].filter(Boolean).join(": "))];
    role("key-groups").replaceChildren(...this.groups((one) => rows(one)));
    return ask(role("keys"));
  }

  groups(rows) {
    return grouped(this.acts).map(([group, acts]) => el("section", {}, el("h2", {}, GROUP_WORDS[group] ?? group), el("dl", { class: "keys" }, acts.flatMap(rows))));
  }

  change() {
    role("keys").close();
    this.draft = { ...this.keys };
    this.waiting = null;
    this.drawChanges();
    role("remap").showModal();
  }

  drawChanges() {
    const twice = new Map(conflictsOf(this.draft));
    const row = ({ act, words, key }) => {
      const now = this.draft[act];
      const marks = [twice.has(now) ? "clashes" : "", now !== key ? "changed" : ""].join(" ").trim();
      const label = this.waiting === act ? "press a key" : keyText(now).join("+");
      const button = el("button", { type: "button", class: `button small ${marks}`, "data-remap": act, "aria-pressed": this.waiting === act ? "true" : "false", "aria-label": `${words}: ${label}`, onclick: () => this.waitFor(act) }, label);
      return [el("dt", {}, button), el("dd", {}, words)];
    };
    role("remap-groups").replaceChildren(...this.groups(row));
    role("remap-save").disabled = twice.size > 0;
    if (twice.size) this.say(this.clashWords([...twice][0]), "error");
  }

  clashWords([key, acts]) {
    const words = acts.map((act) => this.acts.find((one) => one.act === act)?.words.split(/[:;,]/)[0]);
    return `${keyText(key).join("+")} would do two things: ${words.join(", and ")}. Give one of them another key.`;
  }

  say(words, kind = "info") {
    role("remap-says").textContent = words;
    role("remap-says").dataset.kind = kind;
  }

  waitFor(act) {
    this.waiting = act;
    this.say("Press the key, Esc keeps it as it is.");
    this.drawChanges();
    role("remap-groups").querySelector(`[data-remap="${act}"]`)?.focus();
  }

  stopWaiting() {
    this.waiting = null;
  }

  /** While a key is waited for, every press belongs to that; else the dialog is an ordinary one. */
  pressed(event) {
    if (!this.waiting || ["Shift", "Control", "Alt", "Meta", "CapsLock"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const act = this.waiting;
    if (FIXED.includes(event.key)) {
      this.stopWaiting();
      this.say("");
      return this.drawnAgain(act);
    }
    const why = refusal(event);
    if (why) return this.say(why, "error");
    this.stopWaiting();
    const { keys, other } = rebound(this.draft, act, keysOf(event)[0]);
    this.draft = keys;
    this.say(other ? "" : "Save the keys to keep this.");
    return this.drawnAgain(act);
  }

  drawnAgain(act) {
    this.drawChanges();
    role("remap-groups").querySelector(`[data-remap="${act}"]`)?.focus();
  }

  all(keys) {
    this.draft = { ...keys };
    this.stopWaiting();
    this.say("The keys as they came. Save them to keep them.");
    this.drawChanges();
  }

  async save() {
    try {
      const { keys } = await putJson("/api/preferences/", { keys: this.draft });
      this.keys = keys;
    } catch (error) {
      this.say([error.message, error.remedy].filter(Boolean).join(" "), "error");
      return;
    }
    role("remap").close();
    this.onChanged(this.keys);
  }
}
