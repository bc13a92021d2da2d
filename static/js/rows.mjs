/* Pure: the order of the worklist and the query that asks for it; the server orders the same way. */

/** Lower rank first, then the longest waiting, then by id, so that the order is total. */
export function byRank(one, other) {
  if (one.rank !== other.rank) return one.rank - other.rank;
  if (one.received_at !== other.received_at) return one.received_at < other.received_at ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

/** No patient data ever stands in a query: lanes, case types, sites, cursors and study ids only. */
export function wantedQuery({ lane, caseType, site, cursor, ids, after }) {
  const query = new URLSearchParams();
  const parts = { lane, case_type: caseType, site, cursor, ids, after };
  for (const [name, value] of Object.entries(parts)) if (value) query.set(name, value);
  return query.toString();
}
