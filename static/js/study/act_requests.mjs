/* Pure: an act that was kept over a reload, in words and as a request. */

/** By act: its name in words, and how it is sent; where there is no path, its content is more than a code. */
const ACTS = {
  confirm: { words: "Confirm", path: (one) => `/api/studies/${one.studyId}/confirm/`, body: (one) => ({ expected_version: one.version }) },
  sign: { words: "Sign", path: (one) => `/api/studies/${one.studyId}/sign/`, body: (one) => ({ expected_version: one.version }) },
  undo: { words: "Undo", path: (one) => `/api/studies/${one.studyId}/undo/` },
  commit: { words: "Commit", path: (one) => `/api/studies/${one.studyId}/commit/`, body: (one) => ({ impression: one.impression }) },
  second: { words: "Ask for a second opinion", path: (one) => `/api/studies/${one.studyId}/second-opinion/`, body: () => ({ comment: "" }) },
  confirmed: { words: "Accept a finding", path: reviewsOf, body: () => ({ verdict: "confirmed" }) },
  rejected: { words: "Reject a finding", path: reviewsOf, body: (one) => ({ verdict: "rejected", ...(one.reason && { reason_code: one.reason }) }) },
  removed: { words: "Take back a finding", path: (one) => `/api/reviews/${one.reviewId}/`, method: "DELETE" },
  corrected: { words: "Correct a finding" },
  added: { words: "Add a finding" },
};

function reviewsOf(one) {
  return `/api/findings/${one.findingId}/reviews/`;
}

export function wordsOf({ act }, pseudonym) {
  return `${ACTS[act].words} · ${pseudonym}`;
}

/** {path, method, body}, or null where what was typed or drawn would be missing. */
export function requestOf(record) {
  const { path, body, method = "POST" } = ACTS[record.act];
  const needed = { confirmed: "findingId", rejected: "findingId", removed: "reviewId", commit: "impression" }[record.act];
  if (!path || record.more || (needed && !record[needed])) return null;
  return { path: path(record), method, body: method === "DELETE" ? undefined : body?.(record) ?? {} };
}

/** Whether a draft that the server keeps holds what the act said. */
export function isInDraft({ act, findingId, reviewId }, draft) {
  const items = draft?.content?.items ?? [];
  if (act === "added") return items.some((item) => item.verdict === "added" && !item.review_id);
  return items.some((item) => (findingId ? item.finding_id === findingId : Boolean(reviewId) && item.review_id === reviewId));
}
