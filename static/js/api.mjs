/* Every request of a page: session cookie, CSRF, and one kind of error. */

const CSRF_COOKIE = "second_reader_csrf";
const SIGN_IN = "/sign-in/";

/** A refusal in the words of the server: status, code, message, remedy, details. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.message || "The server did not answer as expected.");
    this.status = status;
    this.code = body.code || "unknown";
    this.remedy = body.remedy || null;
    this.details = body.details || {};
  }
}

export function csrfToken() {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${CSRF_COOKIE}=`));
  return found ? decodeURIComponent(found.slice(CSRF_COOKIE.length + 1)) : "";
}

/** Leaves for the sign-in page, which says why and comes back here. */
export function leaveForSignIn() {
  const here = encodeURIComponent(location.pathname + location.search);
  location.assign(`${SIGN_IN}?next=${here}&ended=1`);
}

/** The error of a failed response; leaves the page when the session has ended. */
export async function errorOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    body = { message: `The server answered ${response.status}.` };
  }
  if (response.status === 401) leaveForSignIn();
  return new ApiError(response.status, body);
}

async function send(path, { method = "GET", body, background = false, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (background) headers["X-Background"] = "1";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "offline", message: "The server cannot be reached. Nothing was saved." });
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function getJson(path, options = {}) {
  return (await send(path, options)).json();
}

export async function postJson(path, body = {}, options = {}) {
  const response = await send(path, { ...options, method: "POST", body });
  return response.status === 204 ? null : response.json();
}

export async function putJson(path, body, options = {}) {
  const response = await send(path, { ...options, method: "PUT", body });
  return response.status === 204 ? null : response.json();
}

export async function remove(path) {
  await send(path, { method: "DELETE" });
}

/** An image as a bitmap, decoded off the main thread; an overlay brings the value of its last colour along. */
export async function getBitmap(path, options = {}) {
  const response = await send(path, options);
  const bitmap = await createImageBitmap(await response.blob());
  bitmap.scaleTop = response.headers.get("X-Scale-Top");
  return bitmap;
}
