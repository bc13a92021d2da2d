/* Acts that did not reach the server: said in a banner, kept, and sent again only when the reader says so. */

import { ApiError } from "../api.mjs";
import { el, role } from "../dom.mjs";
import { KeptActs, keyOf, recordOf } from "./kept_acts.mjs";

export const isOffline = (error) => error instanceof ApiError && error.status === 0;

export class Unsent {
  constructor(readerId) {
    this.kept = [];
    this.stored = new KeptActs(sessionStorage, readerId);
    this.waiting = this.stored.load(); // from before the page was loaded, until offered.mjs has named them
    addEventListener("beforeunload", (event) => this.kept.length && event.preventDefault());
  }

  /**
   * words: "confirm P-7F3A"; record: see kept_acts.mjs; again(): sends it once more, throws when it still cannot; null: it
   * cannot be sent. A newer act of that kind replaces it.
   */
  keep({ words, record, again }) {
    const key = keyOf(record);
    this.kept = [...this.kept.filter((one) => one.key !== key), { key, words, record: recordOf(record), again }];
    this.changed();
  }

  /** The act was done after all, by key. */
  done(record) {
    this.taken(keyOf(record));
  }

  taken(key) {
    if (!this.has(key)) return;
    this.kept = this.kept.filter((one) => one.key !== key);
    this.changed();
  }

  has(key) {
    return this.kept.some((one) => one.key === key);
  }

  async sendAgain() {
    if (this.sending) return;
    this.sending = true;
    try {
      for (const one of this.kept.filter(({ again }) => again)) if (this.has(one.key) && !(await this.sent(one))) return;
    } finally {
      this.sending = false;
    }
  }

  /** True when the next one may follow; a refusal is answered by onRefused, which takes the act out. */
  async sent(one) {
    try {
      await one.again();
    } catch (error) {
      if (isOffline(error)) this.draw("Still no connection.");
      if (isOffline(error) || error.status === 401) return false;
      await this.onRefused(one, error);
      return true;
    }
    this.taken(one.key);
    return true;
  }

  changed() {
    this.stored.save([...this.waiting, ...this.kept.map((one) => one.record)]);
    this.draw();
  }

  draw(more = "") {
    const box = role("unsent");
    box.hidden = this.kept.length === 0;
    if (box.hidden) return;
    const words = this.kept.map((one) => one.words).join("; ");
    const sends = this.kept.some(({ again }) => again);
    const parts = [
      el("b", {}, "Not sent."),
      el("span", {}, ` ${words}. The server could not be reached. This tab keeps it over a reload, but for typed words and boxes. ${more}`),
      sends && el("button", { type: "button", class: "button small push", "data-role": "send-again", onclick: () => this.onSend() }, "Send again"),
      el("button", { type: "button", class: "button small quiet", "data-role": "drop-unsent", onclick: () => this.drop() }, "Drop it"),
    ];
    box.replaceChildren(...parts.filter(Boolean));
  }

  drop() {
    this.kept = [];
    this.changed();
  }
}
