/* Pure words: where the reading of a study stands, and who has it. */

const QUEUE = { waiting: "in the queue", analysing: "analysing…" };

/** What the models say is kept from this reader until their own read is in. */
export function withheld(row) {
  return Boolean(row.blind);
}

/** Strings only: they stand in a cell as text. */
export function standing(row) {
  if (row.gone) return ["no longer in this lane"];
  const reads = row.reads.map((read) => {
    const who = read.mine ? "you" : read.by;
    return read.state === "signed" ? `signed by ${who}` : `opened by ${who}`;
  });
  if (row.leased_to_me) return ["in your hand"];
  if (row.leased_by) return [`open at ${row.leased_by}`];
  if (QUEUE[row.analysis_state]) return [QUEUE[row.analysis_state]];
  return [reads.join(", ") || "ready"];
}
