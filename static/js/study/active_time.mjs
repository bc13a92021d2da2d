/* How much of the time was spent looking: pure, times in milliseconds come from whoever calls. */

export const IDLE_MS = 60_000;

/** Adds up the gaps between signs of activity; a gap over the idle limit, and time away, count nothing. */
export class ActiveTime {
  #last;
  #away = false;
  #with = 0;
  #without = 0;
  #aiShown;

  /** Starts counting at `now`; aiShown: whether what the machine says is on the screen. */
  constructor(now, aiShown = false) {
    this.#last = now;
    this.#aiShown = aiShown;
  }

  /** A key, a pointer, a wheel: the gap since the last sign was spent looking, unless it was too long. */
  seen(now) {
    if (!this.#away) this.#add(now);
    this.#last = now;
  }

  /** The page went out of sight: what was open until now counts, what follows does not. */
  leave(now) {
    this.seen(now);
    this.#away = true;
  }

  /** The page is in sight again. */
  comeBack(now) {
    this.#away = false;
    this.#last = now;
  }

  /** From now on the machine's word is on the screen, or is not. */
  aiShown(now, shown) {
    if (shown === this.#aiShown) return;
    this.seen(now);
    this.#aiShown = shown;
  }

  /** What was counted since the last time, in seconds, and how much of it with the machine's word on the screen. */
  take() {
    const taken = { active: (this.#with + this.#without) / 1000, ai: this.#with / 1000, aiShown: this.#aiShown };
    this.#with = 0;
    this.#without = 0;
    return taken;
  }

  #add(now) {
    const gap = now - this.#last;
    if (gap <= 0 || gap > IDLE_MS) return;
    if (this.#aiShown) this.#with += gap;
    else this.#without += gap;
  }
}
