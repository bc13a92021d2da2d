/* Tells the server how long a study was looked at. Never in the way: what cannot be sent goes along the next time. */

import { csrfToken } from "../api.mjs";
import { ActiveTime } from "./active_time.mjs";

const PULSE_MS = 15_000;
const SIGNS = ["pointerdown", "pointermove", "wheel", "keydown", "touchmove"];

export class ReadingTime {
  #study = null;
  #time = null;
  #unsent = { active: 0, ai: 0 };
  #timer = null;

  constructor() {
    for (const sign of SIGNS) {
      addEventListener(sign, () => this.#time?.seen(performance.now()), { capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", () => this.#sight());
    addEventListener("pagehide", () => this.close());
  }

  /** A study's pixels are on the screen: time begins. The one before is closed. */
  open(studyId, { aiShown = false } = {}) {
    this.close();
    this.#study = studyId;
    this.#time = new ActiveTime(performance.now(), aiShown);
    if (document.hidden) this.#time.leave(performance.now());
    this.#send({ active: 0, ai: 0, aiShown });
    this.#timer = setInterval(() => this.#pulse(), PULSE_MS);
  }

  /** Findings, boxes or heatmaps came on the screen, or left it. */
  aiShown(shown) {
    this.#time?.aiShown(performance.now(), shown);
  }

  /** Send what was counted: right before a decision. */
  flush() {
    this.#time?.seen(performance.now());
    return this.#pulse();
  }

  /** The study leaves the screen. */
  close() {
    if (!this.#time) return;
    this.#pulse();
    clearInterval(this.#timer);
    this.#study = null;
    this.#time = null;
    this.#unsent = { active: 0, ai: 0 };
  }

  #sight() {
    if (document.hidden) {
      this.#time?.leave(performance.now());
      this.#pulse();
    } else this.#time?.comeBack(performance.now());
  }

  #pulse() {
    const taken = this.#time?.take();
    if (!taken) return null;
    const active = taken.active + this.#unsent.active;
    if (active <= 0) return null;
    const ai = taken.ai + this.#unsent.ai;
    this.#unsent = { active: 0, ai: 0 };
    return this.#send({ active, ai, aiShown: taken.aiShown });
  }

  async #send({ active, ai, aiShown }) {
    const study = this.#study;
    const body = { active_seconds: rounded(active), ai_seconds: rounded(ai), ai_shown: aiShown };
    try {
      const answer = await fetch(`/api/studies/${study}/reading-time/`, {
        method: "POST",
        credentials: "same-origin",
        keepalive: true,
        headers: {
          Accept: "application/json",
          "Content-Type": "application/json",
          "X-CSRFToken": csrfToken(),
          "X-Background": "1",
        },
        body: JSON.stringify(body),
      });
      if (answer.status >= 500) this.#keep(study, active, ai);
    } catch {
      this.#keep(study, active, ai);
    }
  }

  #keep(study, active, ai) {
    if (study !== this.#study) return;
    this.#unsent.active += active;
    this.#unsent.ai += ai;
  }
}

const rounded = (seconds) => Math.round(seconds * 1000) / 1000;
