/* Acts on reads with the tag of what the page showed: {body, tag} comes back, ApiError on refusal (412: read_changed). */

import { ApiError, csrfToken, errorOf } from "../../api.mjs";

/** A request with If-Match; resolves with the response, whatever its status. Throws ApiError when there is no server. */
export async function request(path, { method = "GET", body, tag = null, background = false, keepalive = false } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (tag) headers["If-Match"] = `"${tag}"`;
  if (background) headers["X-Background"] = "1";
  try {
    return await fetch(path, { method, headers, keepalive, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, { code: "offline", message: "The server cannot be reached. Nothing was saved." });
  }
}

/** The tag of an answer, without its quotes. */
export function tagOf(response) {
  return (response.headers.get("ETag") ?? "").replace(/^W\//, "").replaceAll('"', "") || null;
}

async function sent(path, options) {
  const response = await request(path, options);
  if (!response.ok) throw await errorOf(response);
  return { body: response.status === 204 ? null : await response.json(), tag: tagOf(response) };
}

const post = (path, body, tag) => sent(path, { method: "POST", body, tag });

export const reads = {
  get: (studyId) => sent(`/api/studies/${studyId}/reviews/`),
  confirm: (studyId, body, tag) => post(`/api/studies/${studyId}/confirm/`, body, tag),
  sign: (studyId, body, tag) => post(`/api/studies/${studyId}/sign/`, body, tag),
  undo: (studyId, tag) => post(`/api/studies/${studyId}/undo/`, {}, tag),
  review: (findingId, body, tag) => post(`/api/findings/${findingId}/reviews/`, body, tag),
  add: (studyId, body, tag) => post(`/api/studies/${studyId}/reviews/`, body, tag),
  revise: (reviewId, body, tag) => sent(`/api/reviews/${reviewId}/`, { method: "PATCH", body, tag }),
  remove: (reviewId, tag) => sent(`/api/reviews/${reviewId}/`, { method: "DELETE", tag }),
  merge: (studyId, readId = null) => sent(`/api/studies/${studyId}/merge/${readId ? `?read=${readId}` : ""}`),
  mergeTake: (studyId, body, tag) => post(`/api/studies/${studyId}/merge/`, body, tag),
};
