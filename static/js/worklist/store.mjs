/* Pure: the rows that are known, their order, and what an answer changed. What the reader points at keeps its place. */

import { byRank } from "../rows.mjs";

export class Rows {
  constructor() {
    this.known = new Map();
    this.next = null;
    this.held = null; // {id, rank, received_at}: the row under the reader's hand, with the place it had
  }

  get size() {
    return this.known.size;
  }

  get(id) {
    return this.known.get(id);
  }

  has(id) {
    return this.known.has(id);
  }

  /** A first page: everything anew. */
  replace(rows, next) {
    this.known = new Map(rows.map((row) => [row.id, row]));
    this.next = next;
    this.held = null;
  }

  /** One more page. */
  append(rows, next) {
    for (const row of rows) if (!this.known.has(row.id)) this.known.set(row.id, row);
    this.next = next;
  }

  /**
   * The rows of some studies as they are now; a study that is asked for and not answered has left this list.
   * A row that belongs behind the last page that was fetched waits for its page.
   * @returns {arrived: rows that are new here, changed: ids, left: ids, urgent: rows that were not urgent here a moment ago}
   */
  merge(ids, rows) {
    const given = new Map(rows.map((row) => [row.id, row]));
    const last = this.next ? this.ordered().at(-1) : null;
    const done = { arrived: [], changed: [], left: [], urgent: [] };
    for (const id of ids) {
      const row = given.get(id);
      const before = this.known.get(id);
      if (!row && before) this.leave(id, done);
      else if (row && before) done.changed.push(id);
      else if (row && !(last && byRank(row, last) > 0)) done.arrived.push(row);
      if (!row || !(before || done.arrived.includes(row))) continue;
      if (row.triage_class === "urgent" && before?.triage_class !== "urgent") done.urgent.push(row);
      this.known.set(id, { ...row, fresh: !before });
    }
    return done;
  }

  /** A row that leaves while the hand is on it stays, greyed, until the hand goes. */
  leave(id, done) {
    if (this.held?.id === id) this.known.set(id, { ...this.known.get(id), gone: true });
    else this.known.delete(id);
    done.left.push(id);
  }

  hold(id) {
    const row = this.known.get(id);
    this.held = row ? { id, rank: row.rank, received_at: row.received_at } : null;
  }

  /** The hand is away: what waited for it happens. True when the list looks different now. */
  release() {
    const held = this.held;
    this.held = null;
    if (!held) return false;
    const row = this.known.get(held.id);
    if (!row) return false;
    if (row.gone) this.known.delete(held.id);
    return Boolean(row.gone) || row.rank !== held.rank || row.received_at !== held.received_at;
  }

  ordered() {
    const place = (row) => (this.held?.id === row.id ? { ...this.held } : row);
    return [...this.known.values()].sort((one, other) => byRank(place(one), place(other)));
  }

  /** Waiting times go on without asking the server. */
  tick(seconds) {
    for (const row of this.known.values()) {
      if (!row.reads.some((read) => read.state === "signed")) row.waiting_seconds += seconds;
    }
  }
}
