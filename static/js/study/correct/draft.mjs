/* The page's unsent work, kept by the server every two seconds; nothing of it is ever kept in the browser. */

import { ApiError } from "../../api.mjs";
import { canonical, retryAfter } from "./drafts.mjs";
import { request, tagOf } from "./send.mjs";

const SAVE_EVERY_MS = 2000;
const RETRIED = new Set([0, 401, 408, 425, 429, 500, 502, 503, 504, 507]);
const WORDS = {
  none: "",
  unsaved: "draft not saved yet",
  saving: "saving the draft",
  saved: "draft saved",
  offline: "draft not saved: no connection, trying again",
  signed_out: "draft not saved: you are signed out. Sign in in another tab, it is saved then",
  refused: "draft not saved: the server refuses it",
  conflict: "changed in another tab too: both versions are kept",
};

export class Draft {
  /**
   * @param studyId the study that is open
   * @param collect () -> the content to keep, null when there is nothing unsent
   * @param onRestore called with a content that was kept before, or by another tab
   * @param onState called with {state, words, elsewhere}; elsewhere: the study is open in another tab
   * @param onConflict ({stored, refused}) -> Promise of the content to go on with, null to leave it open
   */
  constructor({ studyId, collect, onRestore, onState = () => {}, onConflict = async () => null }) {
    this.path = `/api/studies/${studyId}/draft/`;
    Object.assign(this, { collect, onRestore, onState, onConflict });
    this.tag = null;
    this.kept = null;
    this.timer = null;
    this.running = null;
    this.attempt = 0;
    this.stopped = false;
    this.elsewhere = false;
    this.deferred = false;
    this.sending = null;
    this.leaving = new AbortController();
    this.channel = new BroadcastChannel(`second-reader.draft.${studyId}`);
    this.channel.onmessage = (message) => this.heard(message.data.kind);
  }

  /** Fetches what was kept and gives it to the page; resolves when it is restored. */
  async start() {
    const { signal } = this.leaving;
    addEventListener("online", () => this.timer && this.soon(0), { signal });
    addEventListener("pagehide", () => this.leave(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.leave(), { signal });
    this.channel.postMessage({ kind: "hello" });
    const { draft } = await this.fetched();
    if (this.stopped || !draft) return;
    if (!draft.refused) return this.restore(draft);
    const { tag } = this;
    this.tag = null;
    await this.settle({ stored: draft.content, refused: draft.refused }, tag);
  }

  /** Asks again for a choice between two tabs that was put off. */
  decide() {
    this.deferred = false;
    return this.flush();
  }

  /** Something changed: it is kept within two seconds. */
  touch() {
    if (this.stopped || this.closing) return;
    if (!this.timer) this.soon(SAVE_EVERY_MS);
    if (canonical(this.collect()) !== this.kept) this.say("unsaved");
  }

  /** Keeps it now. */
  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    return this.save();
  }

  /** Forgets it, here and on the server. */
  async discard() {
    clearTimeout(this.timer);
    this.timer = null;
    await this.running;
    if (this.tag) await request(this.path, { method: "DELETE" });
    this.forget();
    this.channel.postMessage({ kind: "gone" });
  }

  /** After a signature (signed: the server has removed it), or before another study is opened. */
  async stop({ signed = false } = {}) {
    if (this.stopped || this.closing) return;
    this.closing = true;
    const last = this.collect();
    this.collect = () => last;
    this.deferred = true;
    if (!signed) await this.flush().catch(() => {});
    else this.channel.postMessage({ kind: "gone" });
    this.stopped = true;
    clearTimeout(this.timer);
    this.leaving.abort();
    this.channel.close();
  }

  soon(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.save();
    }, milliseconds);
  }

  /** One save at a time; what changes meanwhile is saved after it. */
  save() {
    if (this.running) return this.running.then(() => this.save());
    this.running = this.saveOnce().finally(() => { this.running = null; });
    return this.running;
  }

  async saveOnce() {
    const content = this.stopped ? null : this.collect();
    if (this.stopped || canonical(content) === (this.kept ?? "null")) return this.say(this.kept ? "saved" : "none");
    if (content === null) return this.discardQuietly();
    return this.write(content);
  }

  async write(content, { settled = false, keepalive = false } = {}) {
    this.say("saving");
    this.sending = canonical(content);
    let response;
    try {
      response = await request(this.path, { method: "PUT", body: { content, settled }, tag: this.tag, background: true, keepalive });
    } catch (error) {
      if (error instanceof ApiError) return this.again("offline");
      throw error;
    }
    if (response.ok) return this.wrote(content, response);
    if (response.status === 412) return this.settle((await response.json()).details, tagOf(response));
    if (response.status === 409) return this.forget();
    if (RETRIED.has(response.status)) return this.again(response.status === 401 ? "signed_out" : "offline");
    return this.say("refused");
  }

  wrote(content, response) {
    this.tag = tagOf(response);
    this.kept = canonical(content);
    this.attempt = 0;
    this.say("saved");
    this.channel.postMessage({ kind: "saved" });
  }

  again(state) {
    this.say(state);
    if (this.closing) return;
    this.soon(retryAfter(this.attempt));
    this.attempt += 1;
  }

  /** Two tabs: the reader chooses; until then both are kept by the server and this tab saves nothing. */
  async settle({ stored, refused }, tag) {
    this.say("conflict");
    if (stored && this.deferred) return;
    const content = stored ? await this.onConflict({ stored, refused }) : refused;
    if (!content) this.deferred = true;
    if (!content || this.stopped) return;
    this.tag = tag;
    if (canonical(content) !== canonical(this.collect())) this.onRestore(content);
    await this.write(content, { settled: true });
  }

  async discardQuietly() {
    try {
      const response = await request(this.path, { method: "DELETE", tag: this.tag, background: true });
      if (!response.ok) return response.status === 412 ? this.follow() : this.again("offline");
    } catch {
      return this.again("offline");
    }
    this.channel.postMessage({ kind: "gone" });
    return this.forget();
  }

  forget() {
    this.tag = null;
    this.kept = null;
    this.say("none");
  }

  restore(draft) {
    this.kept = canonical(draft.content);
    this.onRestore(draft.content);
    this.say("saved");
  }

  async fetched() {
    const response = await request(this.path, { background: true }).catch(() => null);
    if (!response?.ok) return { draft: null };
    const body = await response.json();
    this.tag = body.draft ? tagOf(response) : null;
    return body;
  }

  heard(kind) {
    if (this.closing) return;
    if (kind === "hello") this.channel.postMessage({ kind: "here" });
    if (kind === "hello" || kind === "here") {
      this.elsewhere = true;
      this.onState({ state: this.state ?? "none", words: WORDS[this.state ?? "none"], elsewhere: true });
    }
    if (kind === "saved") this.follow();
    if (kind === "gone" && !this.hasUnsaved()) this.follow();
  }

  /** Another tab wrote: this one shows the same, unless it holds something that is not kept yet. */
  async follow() {
    if (this.stopped || this.hasUnsaved()) return;
    const before = this.tag;
    const { draft } = await this.fetched();
    if (this.stopped || this.tag === before) return;
    if (draft) this.restore(draft);
    else this.forget();
  }

  hasUnsaved() {
    return canonical(this.collect()) !== (this.kept ?? "null");
  }

  /** The page goes: what is not kept yet goes along, as long as the browser lets it. */
  leave() {
    const content = this.collect();
    if (this.stopped || !content || !this.hasUnsaved() || (this.running && this.sending === canonical(content))) return;
    this.running = this.write(content, { keepalive: true }).finally(() => { this.running = null; });
  }

  say(state) {
    if (this.state === state && state !== "saved") return;
    this.state = state;
    this.onState({ state, words: WORDS[state], elsewhere: this.elsewhere });
  }
}
