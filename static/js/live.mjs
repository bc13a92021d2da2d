/* One websocket that only hears; what a dropped connection missed is asked for by sequence number. */

import { getJson, leaveForSignIn } from "./api.mjs";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5000;
const PATROL_MS = 15000;
const MOST_AT_ONCE = 500;
const NOT_SIGNED_IN = 4401;
const NOT_PERMITTED = 4403;

/** Pure: the pause before attempt n (0, 1, ...), with jitter in [0, 1). */
export function retryDelay(attempt, jitter) {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return full / 2 + (full / 2) * jitter;
}

/** Pure: the events after a sequence number, in order, each once. */
export function unseen(events, last) {
  const fresh = new Map();
  for (const event of events) if (event.sequence > last) fresh.set(event.sequence, event);
  return [...fresh.values()].sort((one, other) => one.sequence - other.sequence);
}

export class Live {
  /**
   * @param path websocket path
   * @param sequence the last event the page already shows
   * @param onEvents called with events in order
   * @param onState "connecting" | "live" | "reconnecting"
   */
  constructor({ path, sequence, onEvents, onState }) {
    this.path = path;
    this.last = sequence;
    this.onEvents = onEvents;
    this.onState = onState;
    this.attempt = 0;
    this.stopped = false;
    this.held = null;
    this.timer = null;
    this.leaving = new AbortController();
  }

  start() {
    this.onState("connecting");
    this.connect();
    this.patrol = setInterval(() => this.catchUp().catch(() => this.drop()), PATROL_MS);
    addEventListener("online", () => this.soon(0), { signal: this.leaving.signal });
    addEventListener("pagehide", () => this.stop(), { signal: this.leaving.signal });
  }

  stop() {
    this.stopped = true;
    this.leaving.abort();
    clearInterval(this.patrol);
    clearTimeout(this.timer);
    this.socket?.close();
  }

  connect() {
    if (this.stopped) return;
    this.socket?.close();
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.path}`);
    this.socket = socket;
    this.held = [];
    socket.addEventListener("open", () => this.opened(socket));
    socket.addEventListener("message", (message) => this.heard(socket, JSON.parse(message.data)));
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
  }

  /** Asks for what was missed before anything new is let through. */
  async opened(socket) {
    try {
      await this.catchUp();
    } catch {
      socket.close();
      return;
    }
    if (socket !== this.socket) return;
    const held = this.held;
    this.held = null;
    this.deliver(held);
    this.attempt = 0;
    this.onState("live");
  }

  heard(socket, event) {
    if (socket !== this.socket) return;
    if (this.held) this.held.push(event);
    else this.deliver([event]);
  }

  closed(socket, code) {
    if (socket !== this.socket || this.stopped) return;
    if (code === NOT_SIGNED_IN) leaveForSignIn();
    else if (code === NOT_PERMITTED) location.assign("/");
    else this.soon(retryDelay(this.attempt++, Math.random()));
  }

  soon(delay) {
    if (this.stopped || this.socket?.readyState === WebSocket.OPEN) return;
    this.onState("reconnecting");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay);
  }

  /** Fetches page after page of events; a 401 leaves for the sign-in page. */
  async catchUp() {
    for (;;) {
      const { events, latest } = await getJson(`/api/events/?after=${this.last}`, { background: true });
      this.deliver(events);
      if (events.length < MOST_AT_ONCE) {
        this.last = Math.max(this.last, latest);
        return;
      }
    }
  }

  drop() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.close();
  }

  deliver(events) {
    const fresh = unseen(events, this.last);
    if (!fresh.length) return;
    this.last = fresh.at(-1).sequence;
    this.onEvents(fresh);
  }
}

/** Keeps the mark in the bar true. */
export function liveMark(element) {
  const words = { connecting: "connecting", live: "live", reconnecting: "reconnecting" };
  return (state) => {
    element.dataset.state = state;
    element.textContent = words[state];
  };
}

