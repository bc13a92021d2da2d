/* Acts that did not reach the server: said in a banner, kept, and sent again only when the reader says so. */

import { ApiError } from "../api.mjs";
import { el, role } from "../dom.mjs";

export const isOffline = (error) => error instanceof ApiError && error.status === 0;

export class Unsent {
  constructor() {
    this.kept = [];
    addEventListener("beforeunload", (event) => this.kept.length && event.preventDefault());
  }

  /** words: "confirm P-7F3A"; again(): sends it once more, throws when it still cannot. A newer act of that name replaces it. */
  keep({ words, again }) {
    this.kept = [...this.kept.filter((one) => one.words !== words), { words, again }];
    this.draw();
  }

  /** The act was done after all, by key. */
  done(words) {
    this.kept = this.kept.filter((one) => one.words !== words);
    this.draw();
  }

  has(words) {
    return this.kept.some((one) => one.words === words);
  }

  async sendAgain() {
    for (const one of [...this.kept]) {
      try {
        await one.again();
      } catch (error) {
        if (isOffline(error)) return this.draw("Still no connection.");
        this.done(one.words);
        throw error;
      }
      this.done(one.words);
    }
    return undefined;
  }

  draw(more = "") {
    const box = role("unsent");
    box.hidden = this.kept.length === 0;
    if (box.hidden) return;
    const words = this.kept.map((one) => one.words).join("; ");
    box.replaceChildren(
      el("b", {}, "Not sent."),
      el("span", {}, ` ${words}. Nothing of it is saved: the server could not be reached. ${more}`),
      el("button", { type: "button", class: "button small push", "data-role": "send-again", onclick: () => this.onSend() }, "Send again"),
      el("button", { type: "button", class: "button small quiet", "data-role": "drop-unsent", onclick: () => this.drop() }, "Drop it"),
    );
  }

  drop() {
    this.kept = [];
    this.draw();
  }
}
