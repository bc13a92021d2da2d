/* Pure: the order of the worklist and the query that asks for it; the server orders the same way. */

const READ = 6;

/** Lower rank first, then the longest waiting (of what is read: the newest), then by id, so that the order is total. */
export function byRank(one, other) {
  if (one.rank !== other.rank) return one.rank - other.rank;
  if (one.received_at !== other.received_at) return one.received_at < other.received_at === one.rank < READ ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

/** No patient data ever stands in a query: lanes, filters, cursors and study ids only. */
export function wantedQuery({ caseType, ...wanted }) {
  const query = new URLSearchParams();
  const parts = { ...wanted, ...(caseType ? { case_type: caseType } : {}) };
  for (const [name, value] of Object.entries(parts)) if (value) query.set(name, value);
  return query.toString();
}
