/* Adding images: many files, each with its progress, its case type, and a verdict or a refusal that says what to do. */

import { csrfToken, leaveForSignIn } from "./api.mjs";
import { el, role } from "./dom.mjs";
import { droppedFiles } from "./dropped_files.mjs";
import { bytes, caseType } from "./words.mjs";

const AT_ONCE = 3;
const UPLOAD_PATH = "/api/studies/upload/";
const REMEMBERED = "second-reader.case-type";
const REMEMBERED_SITE = "second-reader.site";
const RASTER = /\.(png|jpe?g)$/i;
const RETRY_AFTER = new Set([429, 503, 507]);

/** Pure: what the file needs before it is sent: nothing, or a case type that only a person can say. */
export function needsCaseType(name, type, chosen) {
  return !chosen && (RASTER.test(name) || type === "image/png" || type === "image/jpeg");
}

/** Pure: the sentence of a refusal, what to do about it, and its code and DICOM tag for whoever has to look into it. */
export function refusal(status, body) {
  if (status === 0) return { message: "The server cannot be reached.", remedy: "Try again.", code: "", tag: "", retry: true };
  const message = body.message || `The server answered ${status}.`;
  const retry = RETRY_AFTER.has(status) || status >= 500;
  return { message, remedy: body.remedy || "", code: body.code || "", tag: body.tag || "", retry };
}

/** Sends one file as its raw bytes. Resolves with {status, body}; status 0 means that nothing was reached. */
function send(entry, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    entry.request = request;
    request.open("POST", UPLOAD_PATH);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("X-File-Name", encodeURIComponent(entry.file.name));
    if (entry.caseType) request.setRequestHeader("X-Case-Type", entry.caseType);
    if (entry.site) request.setRequestHeader("X-Site", entry.site);
    if (entry.claim) request.setRequestHeader("X-Claim-Number", encodeURIComponent(entry.claim));
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / (event.total || 1)));
    request.addEventListener("load", () => resolve({ status: request.status, body: parsed(request.responseText) }));
    request.addEventListener("error", () => resolve({ status: 0, body: {} }));
    request.addEventListener("abort", () => resolve({ status: -1, body: {} }));
    request.send(entry.file);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** The panel at the foot of the worklist. */
export class UploadPanel {
  constructor({ caseTypes, uploadSites, uploadLimitBytes, onStudy }) {
    this.limit = uploadLimitBytes;
    this.sites = uploadSites;
    this.onStudy = onStudy;
    this.entries = [];
    this.running = 0;
    for (const name of ["panel", "summary", "case-type", "site", "site-box", "pick", "clear", "close", "input", "files", "hint", "claim"]) {
      this[name] = role(`upload-${name}`);
    }
    this.caseTypes = caseTypes;
    this["case-type"].append(...caseTypes.map((code) => el("option", { value: code }, caseType(code))));
    this["case-type"].value = remembered(caseTypes);
    this.site.append(...this.sites.map((site) => el("option", { value: site.id }, site.name)));
    this.site.value = this.sites.find((site) => site.id === localStorage.getItem(REMEMBERED_SITE))?.id ?? this.sites[0]?.id;
    this.site.addEventListener("change", () => localStorage.setItem(REMEMBERED_SITE, this.site.value));
    this["site-box"].hidden = this.sites.length < 2;
    this.listen();
  }

  listen() {
    this.pick.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
    this.close.addEventListener("click", () => this.hide());
    this.clear.addEventListener("click", () => this.clearFinished());
    this["case-type"].addEventListener("change", () => this.caseTypeChosen());
    this.dropping();
    addEventListener("beforeunload", (event) => this.running && event.preventDefault());
  }

  /** Files may be dropped anywhere; what is not a file is left alone. */
  dropping() {
    const zone = role("dropzone");
    const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    addEventListener("dragenter", (event) => carriesFiles(event) && (zone.hidden = false));
    addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    zone.addEventListener("dragleave", (event) => event.target === zone && (zone.hidden = true));
    addEventListener("drop", async (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      zone.hidden = true;
      this.add(await droppedFiles(event.dataTransfer));
    });
  }

  show() {
    this.panel.hidden = false;
  }

  hide() {
    this.panel.hidden = true;
  }

  get shown() {
    return !this.panel.hidden;
  }

  choose() {
    this.show();
    this.input.click();
  }

  add(files) {
    if (!files.length) return;
    this.show();
    for (const file of files) this.entries.push(this.entryOf(file));
    this.pump();
  }

  entryOf(file) {
    const entry = { file, state: "waiting", caseType: this["case-type"].value, site: this.chosenSite(), claim: this.claim.value.trim(), share: 0 };
    entry.row = el("li", { "data-state": "waiting" });
    this.files.prepend(entry.row);
    if (file.size > this.limit) {
      this.refuse(entry, { message: `Larger than ${bytes(this.limit)}.`, remedy: "Send the images one by one.", retry: false });
    } else if (file.size === 0) {
      this.refuse(entry, { message: "The file is empty.", remedy: "Export it again.", retry: false });
    } else if (needsCaseType(file.name, file.type, entry.caseType)) {
      entry.state = "asking";
    }
    this.draw(entry);
    return entry;
  }

  chosenSite() {
    return this.sites.length > 1 ? this.site.value : this.sites[0]?.id;
  }

  caseTypeChosen() {
    localStorage.setItem(REMEMBERED, this["case-type"].value);
    for (const entry of this.entries) {
      if (entry.state === "asking" && this["case-type"].value) this.answer(entry, this["case-type"].value);
    }
  }

  answer(entry, code) {
    entry.caseType = code;
    entry.state = "waiting";
    this.draw(entry);
    this.pump();
  }

  pump() {
    this["case-type"].classList.toggle("wanted", this.entries.some((entry) => entry.state === "asking"));
    while (this.running < AT_ONCE) {
      const next = this.entries.find((entry) => entry.state === "waiting");
      if (!next) break;
      this.send(next);
    }
    this.summarise();
  }

  async send(entry) {
    this.running += 1;
    entry.state = "sending";
    this.draw(entry);
    const { status, body } = await send(entry, (share) => this.progressed(entry, share));
    this.running -= 1;
    if (status === 401) leaveForSignIn();
    if (status === 200 || status === 201) this.received(entry, body);
    else if (status === -1) this.forget(entry);
    else this.refuse(entry, refusal(status, body));
    this.draw(entry);
    this.pump();
  }

  progressed(entry, share) {
    entry.share = share;
    const bar = entry.row.querySelector("progress");
    if (bar) bar.value = share;
    const verdict = entry.row.querySelector(".verdict");
    if (verdict && share >= 1) verdict.textContent = "checking…";
  }

  received(entry, body) {
    entry.state = "done";
    entry.answer = body;
    this.onStudy(body);
  }

  refuse(entry, why) {
    entry.state = "refused";
    entry.why = why;
  }

  retry(entry) {
    entry.state = needsCaseType(entry.file.name, entry.file.type, entry.caseType) ? "asking" : "waiting";
    entry.share = 0;
    this.draw(entry);
    this.pump();
  }

  forget(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    entry.row.remove();
    this.pump();
  }

  clearFinished() {
    for (const entry of this.entries.filter(({ state }) => state === "done" || state === "refused")) this.forget(entry);
  }

  summarise() {
    const count = (state) => this.entries.filter((entry) => entry.state === state).length;
    const words = [
      [this.running + count("waiting"), "under way"],
      [count("done"), "received"],
      [count("refused"), "refused"],
      [count("asking"), "need a case type"],
    ];
    this.summary.textContent = words.filter(([number]) => number).map(([number, word]) => `${number} ${word}`).join(" · ");
    this.hint.hidden = this.entries.length > 0;
  }

  draw(entry) {
    entry.row.dataset.state = entry.state;
    entry.row.replaceChildren(
      el("span", { class: "name", title: entry.file.name }, entry.file.name),
      el("span", { class: "size" }, bytes(entry.file.size)),
      this.caseTypeCell(entry),
      el("span", { class: "verdict", role: "status" }, ...this.verdict(entry)),
      el("span", { class: "acts" }, ...this.acts(entry)),
    );
  }

  caseTypeCell(entry) {
    if (entry.state === "done") return el("span", { class: "muted" }, caseType(entry.answer.case_type || ""));
    if (entry.state === "sending") return el("progress", { max: 1, value: entry.share, "aria-label": `Sending ${entry.file.name}` });
    if (entry.state === "refused" && !entry.why.retry) return el("span", { class: "muted" }, entry.caseType ? caseType(entry.caseType) : "");
    const select = el(
      "select",
      { "aria-label": `Case type of ${entry.file.name}`, onchange: (event) => this.answer(entry, event.target.value) },
      el("option", { value: "" }, "from the header"),
      ...this.caseTypes.map((code) => el("option", { value: code }, caseType(code))),
    );
    select.value = entry.caseType || "";
    return select;
  }

  verdict(entry) {
    if (entry.state === "waiting") return ["waiting"];
    if (entry.state === "asking") return ["Which case type is it? The file does not say."];
    if (entry.state === "sending") return [entry.share >= 1 ? "checking…" : "sending…"];
    if (entry.state === "refused") return [el("b", {}, "Refused. "), ...this.whyWords(entry.why)];
    const known = entry.answer.created === false;
    const why = entry.answer.case_type_reason ? ` · ${entry.answer.case_type_reason}` : "";
    return [el("b", {}, known ? "Already here" : "Received"), known ? " · the same bytes were sent before" : why, entry.claim ? " · under its claim" : null];
  }

  whyWords({ message, remedy, code, tag }) {
    const words = [message, remedy].filter(Boolean).join(" ");
    const known = [code, tag].filter(Boolean).join(" · ");
    return [words, known ? el("code", {}, known) : null];
  }

  acts(entry) {
    const button = (word, call) => el("button", { type: "button", class: "button small", onclick: call }, word);
    if (entry.state === "done") return [el("a", { class: "button small", href: entry.answer.links.page }, "Open")];
    if (entry.state === "sending") return [button("Stop", () => entry.request.abort())];
    const leave = button("Remove", () => this.forget(entry));
    return entry.state === "refused" && entry.why.retry ? [button("Try again", () => this.retry(entry)), leave] : [leave];
  }
}

function remembered(caseTypes) {
  const code = localStorage.getItem(REMEMBERED);
  return caseTypes.includes(code) ? code : "";
}
