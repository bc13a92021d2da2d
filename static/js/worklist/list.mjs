/* The list on the screen: only the rows in view are in the document, every row is as high as every other, and what the
   reader points at stays where it is while rows come, go and move around it. */

import { role } from "../dom.mjs";
import { anchored, revealed, windowOf } from "./window.mjs";

const MARGIN_ROWS = 12;
const NEAR_THE_END_ROWS = 25;

export class List {
  /**
   * @param lineOf (row, line) -> tr, the same one when nothing of it changed
   * @param onMore called when the end of what was fetched comes near
   * @param onHold (id or null) the row under the pointer
   */
  constructor({ lineOf, onMore, onHold }) {
    this.room = role("scroller");
    this.table = role("table");
    this.body = role("rows");
    this.spaces = [role("space-above"), role("space-below")].map((body) => body.querySelector("td"));
    this.above = role("above");
    this.lineOf = lineOf;
    this.onMore = onMore;
    this.onHold = onHold;
    this.rows = [];
    this.chosen = null;
    this.pointed = null;
    this.newAbove = 0;
    this.atTop = true;
    this.started = false; // until then the lines are the server's skeletons
    this.listen();
  }

  listen() {
    this.room.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.body.addEventListener("pointermove", (event) => this.point(event.target.closest("tr")?.dataset.study ?? null));
    this.room.parentElement.addEventListener("pointerleave", () => this.point(null)); // the button over the list is part of it
    this.above.addEventListener("click", () => this.toTop());
    new ResizeObserver(() => this.draw()).observe(this.room);
  }

  get rowHeight() {
    return parseFloat(getComputedStyle(this.table).getPropertyValue("--row-height"));
  }

  get viewHeight() {
    return this.room.clientHeight - this.table.tHead.offsetHeight;
  }

  point(id) {
    if (id === this.pointed) return;
    this.pointed = id;
    this.onHold(id);
    if (id === null && this.atTop && this.newAbove) this.toTop();
  }

  scrolled() {
    if (this.moving) return;
    this.atTop = this.room.scrollTop < this.rowHeight;
    if (this.atTop) this.count(0);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  toTop() {
    this.room.scrollTop = 0;
    this.atTop = true;
    this.count(0);
    this.draw();
  }

  count(number) {
    this.newAbove = number;
    this.above.hidden = number === 0;
    this.above.textContent = `${number} new above`;
  }

  /** The row whose place on the screen holds: under the pointer, else the chosen one in view, else the first in view. */
  anchor() {
    if (this.pointed && this.indexOf(this.pointed) >= 0) return this.pointed;
    if (this.chosen && this.inView(this.indexOf(this.chosen))) return this.chosen;
    return this.atTop ? null : this.rows[Math.floor(this.room.scrollTop / this.rowHeight)]?.id ?? null;
  }

  indexOf(id) {
    return this.rows.findIndex((row) => row.id === id);
  }

  inView(index) {
    const top = index * this.rowHeight;
    return index >= 0 && top + this.rowHeight > this.room.scrollTop && top < this.room.scrollTop + this.viewHeight;
  }

  /** Other rows, from the top. */
  restart(rows) {
    this.started = true;
    this.rows = rows;
    this.toTop();
  }

  /** The same list, changed: nothing moves under the reader's hand. */
  change(rows) {
    const anchor = this.anchor();
    const before = anchor === null ? -1 : this.indexOf(anchor);
    this.rows = rows;
    const after = anchor === null ? -1 : this.indexOf(anchor);
    const top = anchored({ scrollTop: this.room.scrollTop, before, after, rowHeight: this.rowHeight });
    this.draw(top);
    if (before >= 0 && after > before) this.count(this.newAbove + after - before);
  }

  draw(wantedTop = null) {
    this.frame = null;
    if (!this.started) return;
    const { rowHeight, viewHeight } = this;
    const top = wantedTop ?? this.room.scrollTop;
    const { first, last } = windowOf({ count: this.rows.length, rowHeight, scrollTop: top, viewHeight, margin: MARGIN_ROWS });
    const existing = new Map([...this.body.children].map((line) => [line.dataset.study, line]));
    const lines = this.rows.slice(first, last).map((row) => this.lineOf(row, existing.get(row.id)));
    const focused = this.body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.study : null;
    this.place(lines);
    this.mark(first);
    this.spaces[0].style.height = `${first * rowHeight}px`;
    const missing = this.newAbove || wantedTop !== null ? Math.max(0, top + viewHeight - this.rows.length * rowHeight) : 0;
    this.spaces[1].style.height = `${(this.rows.length - last) * rowHeight + (top > 0 ? missing : 0)}px`;
    if (wantedTop !== null && top !== this.room.scrollTop) this.moveTo(top);
    if (focused && !this.body.contains(document.activeElement)) this.lineById(focused)?.querySelector("a").focus({ preventScroll: true });
    if (last >= this.rows.length - NEAR_THE_END_ROWS) this.onMore();
  }

  /** Puts lines into the document without touching those that stand right already: focus and clicks survive. */
  place(lines) {
    const wanted = new Set(lines);
    for (const line of [...this.body.children]) if (!wanted.has(line)) line.remove();
    lines.forEach((line, index) => {
      if (this.body.children[index] !== line) this.body.insertBefore(line, this.body.children[index] ?? null);
    });
  }

  mark(first) {
    [...this.body.children].forEach((line, index) => {
      const on = line.dataset.study === this.chosen;
      line.setAttribute("aria-selected", on ? "true" : "false");
      line.setAttribute("aria-rowindex", first + index + 2);
    });
  }

  moveTo(top) {
    this.moving = true;
    this.room.scrollTop = top;
    requestAnimationFrame(() => { this.moving = false; });
  }

  lineById(id) {
    return [...this.body.children].find((line) => line.dataset.study === id);
  }

  /** The keyboard is here now: in view, marked, and read out. */
  choose(id) {
    this.chosen = id;
    const index = this.indexOf(id);
    if (index < 0) return this.mark(0);
    const { rowHeight, viewHeight } = this;
    const top = revealed({ index, rowHeight, scrollTop: this.room.scrollTop, viewHeight });
    if (top !== this.room.scrollTop) this.room.scrollTop = top;
    this.draw();
    return this.lineById(id)?.querySelector("a").focus({ preventScroll: true });
  }

  step(by) {
    if (!this.rows.length) return;
    const at = this.indexOf(this.chosen);
    const last = this.rows.length - 1;
    const to = at < 0 ? (by > 0 ? 0 : last) : Math.min(last, Math.max(0, at + by));
    this.choose(this.rows[to].id);
  }
}
