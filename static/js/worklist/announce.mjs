/* What is said aloud of rows that come and go: urgent ones at once and by name, the rest as a number, now and then. */

import { caseType, label } from "../words.mjs";

const EVERY_MS = 10000;

/** Pure: the sentence of an urgent arrival. */
export function urgentWords(rows) {
  const one = rows[0];
  const finding = one.said?.[0] ? ` · ${label(one.said[0].label)}` : "";
  const more = rows.length > 1 ? ` and ${rows.length - 1} more` : "";
  return `Urgent: ${one.pseudonym} · ${caseType(one.case_type)}${finding}${more}`;
}

/** A voice in the background: collects, then says one sentence. */
export class Announcer {
  constructor(element) {
    this.element = element;
    this.arrived = 0;
    this.left = 0;
    this.timer = null;
  }

  rows({ arrived, left }) {
    this.arrived += arrived;
    this.left += left;
    if (!this.timer && (this.arrived || this.left)) this.timer = setTimeout(() => this.say(), EVERY_MS);
  }

  say() {
    this.timer = null;
    const studies = (number) => `${number} ${number === 1 ? "study" : "studies"}`;
    const words = [this.arrived && `${studies(this.arrived)} came`, this.left && `${studies(this.left)} left`].filter(Boolean);
    this.element.textContent = words.length ? `This lane: ${words.join(", ")}.` : "";
    this.arrived = this.left = 0;
  }
}
