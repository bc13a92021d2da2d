/* A line at the foot of the page; an undo stays on it for ten seconds, also across the way to another page. */

import { ApiError } from "./api.mjs";
import { role } from "./dom.mjs";

export const TOAST_MS = 10000;
const CARRIED = "second-reader.toast";

export class Toast {
  constructor() {
    this.box = role("toast");
    this.text = role("toast-text");
    this.button = role("toast-undo");
    this.link = role("toast-go");
    this.undo = null;
    this.timer = null;
    this.button.addEventListener("click", () => this.takeUndo()?.());
  }

  /** go: {word, href}, a place to go to. An undo that stands is not pushed away by news; returns whether it was said. */
  say(text, { kind = "info", undo = null, go = null, milliseconds = TOAST_MS } = {}) {
    if (this.undo && kind === "urgent") return false;
    clearTimeout(this.timer);
    this.undo = undo;
    this.text.textContent = text;
    this.box.dataset.kind = kind;
    this.button.hidden = !undo;
    this.offer(go);
    this.box.hidden = false;
    this.timer = setTimeout(() => this.hide(), milliseconds);
    return true;
  }

  offer(go) {
    if (!this.link) return;
    this.link.hidden = !go;
    if (!go) return;
    this.link.textContent = go.word;
    this.link.href = go.href;
  }

  error(error) {
    if (!(error instanceof ApiError)) throw error;
    this.say([error.message, error.remedy].filter(Boolean).join(" "), { kind: "error" });
  }

  hide() {
    this.undo = null;
    this.box.hidden = true;
  }

  /** The undo that is on the screen, once. */
  takeUndo() {
    const undo = this.undo;
    if (undo) this.hide();
    return undo;
  }

  /** Says it on the page that comes next: a signed study, by its pseudonym. */
  static carry(text, studyId) {
    sessionStorage.setItem(CARRIED, JSON.stringify({ text, studyId, until: Date.now() + TOAST_MS }));
  }

  /** What the page before left to say; undo(studyId) takes the signature back. */
  carried(undo) {
    const left = JSON.parse(sessionStorage.getItem(CARRIED) || "null");
    sessionStorage.removeItem(CARRIED);
    if (!left || left.until <= Date.now()) return;
    this.say(left.text, { undo: () => undo(left.studyId), milliseconds: left.until - Date.now() });
  }
}
