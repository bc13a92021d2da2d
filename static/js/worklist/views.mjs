/* Saved views: a lane with its filters under a name of the reader's own. */

import { getJson, postJson, remove } from "../api.mjs";
import { ask, el, role } from "../dom.mjs";
import { addressOf, sameWanted } from "./wanted.mjs";

const PATH = "/api/worklist/views/";

export class SavedViews {
  /** @param views those the page came with; @param onOpen called with {lane, ...filters} of the view that was chosen; @param onError (ApiError) */
  constructor({ views, onOpen, onError }) {
    this.onOpen = onOpen;
    this.onError = onError;
    this.views = views;
    this.wanted = null;
    this.list = role("views");
    this.none = role("views-none");
    this.dialog = role("view-dialog");
    this.name = role("view-name");
    role("view-save").addEventListener("click", () => this.save());
  }

  async load() {
    await this.guarded(async () => {
      this.views = (await getJson(PATH, { background: true })).results;
    });
    this.draw(this.wanted);
  }

  async guarded(call) {
    try {
      await call();
    } catch (error) {
      this.onError(error);
    }
  }

  async save() {
    this.name.value = "";
    if ((await ask(this.dialog)) !== "save" || !this.name.value.trim()) return;
    await this.guarded(() => postJson(PATH, { name: this.name.value.trim(), filters: this.wanted }));
    await this.load();
  }

  async forget(view) {
    await this.guarded(() => remove(`${PATH}${view.id}/`));
    await this.load();
    role("view-save").focus();
  }

  draw(wanted) {
    this.wanted = wanted;
    this.none.hidden = this.views.length > 0;
    this.list.replaceChildren(...this.views.map((view) => this.line(view)));
  }

  line(view) {
    const open = (event) => {
      event.preventDefault();
      this.onOpen(view.filters);
    };
    const here = this.wanted && sameWanted(view.filters, this.wanted);
    return el(
      "li",
      {},
      el("a", { href: addressOf(view.filters), "aria-current": here ? "true" : null, onclick: open }, view.name),
      el("button", { type: "button", class: "button quiet small icon", "aria-label": `Delete the view ${view.name}`, onclick: () => this.forget(view) }, "×"),
    );
  }
}
