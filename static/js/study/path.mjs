/* Pure: the way through the studies of this session: back with P, forward again, and on to what has not been seen. */

export class Path {
  constructor() {
    this.visited = [];
    this.at = -1;
  }

  /** Opening a study: at the end of the way; or where one stands, when it is the next or the one before. */
  visit(id) {
    if (this.visited[this.at] === id) return;
    const known = this.visited.lastIndexOf(id);
    if (known >= 0 && Math.abs(known - this.at) === 1) {
      this.at = known;
      return;
    }
    if (known >= 0) this.visited.splice(known, 1);
    this.visited.push(id);
    this.at = this.visited.length - 1;
  }

  get here() {
    return this.visited[this.at] ?? null;
  }

  /** The study before this one, or null at the start. */
  get before() {
    return this.visited[this.at - 1] ?? null;
  }

  /** The study after this one on the way, when one has gone back. */
  get after() {
    return this.visited[this.at + 1] ?? null;
  }

  /** A study that is not there any more. */
  forget(id) {
    const known = this.visited.indexOf(id);
    if (known < 0) return;
    this.visited.splice(known, 1);
    if (known <= this.at) this.at -= 1;
  }

  /** Of the rows in hand: what has not been opened in this session, else null. Whoever passed a study by is not handed it again. */
  choose(rows) {
    return rows.find((row) => !this.visited.includes(row.id)) ?? null;
  }
}
