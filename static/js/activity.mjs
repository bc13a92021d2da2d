/* A reader who looks at one film for long is not idle: the hand on mouse or keys is told to the server, now and then. */

import { getJson } from "./api.mjs";

const EVERY_MS = 120000;

/** Pure: whether it is time to say again that somebody is here. */
export function due(now, told) {
  return now - told >= EVERY_MS;
}

export function tellOfActivity() {
  let told = Date.now();
  const active = () => {
    if (!due(Date.now(), told)) return;
    told = Date.now();
    getJson("/api/session/").catch(() => {});
  };
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, active, { passive: true, capture: true });
}
