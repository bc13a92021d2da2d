/* The dialog that takes a study into a claim: found by an exact identifier, moved by one press. */

import { postJson, putJson } from "../api.mjs";
import { el, role } from "../dom.mjs";
import { caseType, moment } from "../words.mjs";

export class TakeDialog {
  constructor(claimId, { onTaken }) {
    this.claimId = claimId;
    this.onTaken = onTaken;
    this.dialog = role("take-dialog");
    this.found = role("take-found");
    role("take-form").addEventListener("submit", (event) => this.search(event));
    role("take-close").addEventListener("click", () => this.dialog.close());
  }

  open() {
    role("take-form").reset();
    this.found.replaceChildren();
    this.dialog.showModal();
    document.getElementById("take-typed").focus();
  }

  async search(event) {
    event.preventDefault();
    const kind = document.getElementById("take-kind").value;
    const typed = document.getElementById("take-typed").value.trim();
    try {
      const { results } = await postJson("/api/worklist/search/", { [kind]: typed, lane: "all" });
      this.say(results.map((study) => this.line(study)), "No study of yours is found by that.");
    } catch (error) {
      this.say([], [error.message, error.remedy].filter(Boolean).join(" "));
    }
  }

  line(study) {
    const words = `${study.pseudonym}, ${caseType(study.case_type)}, received ${moment(study.received_at)}, ${study.site_name}`;
    const under = study.claim ? el("span", { class: "tag" }, `under claim ${study.claim}`) : null;
    const take = el("button", { class: "button small", type: "button", onclick: () => this.take(study) }, study.claim ? "Move it here" : "Take it in");
    return el("li", { class: "line" }, el("span", {}, words), under, take);
  }

  async take(study) {
    try {
      await putJson(`/api/studies/${study.id}/claim/`, { claim_id: this.claimId });
      this.dialog.close();
      await this.onTaken(study);
    } catch (error) {
      this.say([], [error.message, error.remedy].filter(Boolean).join(" "));
    }
  }

  say(lines, none) {
    this.found.replaceChildren(...(lines.length ? lines : [el("li", { class: "muted" }, none)]));
  }
}
