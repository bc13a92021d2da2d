/* The worklist page: lanes, rows that keep themselves up to date, keys, search, upload. */

import { tellOfActivity } from "./activity.mjs";
import { ApiError, getJson, postJson } from "./api.mjs";
import { ask, el, pageData, role, settled, typing } from "./dom.mjs";
import { Live, liveMark } from "./live.mjs";
import { byRank, wantedQuery } from "./rows.mjs";
import { Toast } from "./toast.mjs";
import { UploadPanel } from "./upload.mjs";
import { drawFigures } from "./worklist/figures.mjs";
import { drawFilters } from "./worklist/filters.mjs";
import { lineOf } from "./worklist/line.mjs";

const CLOCK_MS = 20000;
const REFRESH_SETTLE_MS = 60;
const MOST_IDS = 50;
const REMEMBERED = "second-reader.worklist";

const page = pageData();
const parts = Object.fromEntries(
  ["rows", "lanes", "case-types", "sites", "sites-box", "urgent", "waiting", "oldest", "median", "start", "scroller",
    "empty", "empty-title", "empty-text", "empty-acts", "more", "search", "searched", "keys", "site-column"].map((name) => [name, role(name)]),
);

const state = {
  rows: new Map(),
  figures: null,
  wanted: { lane: "to_read", caseType: "", site: "", ...remembered() },
  patientId: "",
  next: null,
  chosen: null,
  loaded: false,
};

const toast = new Toast();
let live = null;
let upload = null;

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(REMEMBERED)) || {};
  } catch {
    return {};
  }
}

/* ---- loading ---- */

function fetchRows(extra, background) {
  if (!state.patientId) return getJson(`/api/worklist/?${wantedQuery({ ...state.wanted, ...extra })}`, { background });
  const body = { patient_id: state.patientId, lane: "all", ids: extra.ids || "", cursor: extra.cursor || "" };
  return postJson("/api/worklist/search/", body, { background });
}

async function load() {
  const answer = await guarded(() => fetchRows({}, false));
  if (!answer) return;
  state.rows = new Map(answer.results.map((row) => [row.id, row]));
  state.next = answer.next;
  state.loaded = true;
  take(answer);
  if (!live) goLive(answer.sequence);
}

async function loadMore() {
  const answer = await guarded(() => fetchRows({ cursor: state.next }, false));
  if (!answer) return;
  for (const row of answer.results) state.rows.set(row.id, row);
  state.next = answer.next;
  take(answer);
}

const touched = new Set();
const refresh = settled(REFRESH_SETTLE_MS, refreshNow);

/** Asks again for the rows that something happened to; a row that no longer belongs here leaves. */
async function refreshNow() {
  const ids = [...touched].slice(0, MOST_IDS);
  ids.forEach((id) => touched.delete(id));
  if (!ids.length) return;
  let answer;
  try {
    answer = await fetchRows({ ids: ids.join(",") }, true);
  } catch {
    ids.forEach((id) => touched.add(id));
    setTimeout(refresh, 1000);
    return;
  }
  const known = new Set(state.rows.keys());
  ids.forEach((id) => state.rows.delete(id));
  for (const row of answer.results) state.rows.set(row.id, { ...row, fresh: !known.has(row.id) });
  take(answer);
  if (touched.size) refresh();
}

function take(answer) {
  state.figures = answer.figures;
  draw();
}

async function guarded(call) {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    parts.searched.hidden = false;
    parts.searched.replaceChildren(el("span", { class: "error" }, error.message), " ", error.remedy || "");
    return null;
  }
}

function goLive(sequence) {
  live = new Live({
    path: "/ws/worklist/",
    sequence,
    onState: liveMark(role("live")),
    onEvents: (events) => {
      for (const event of events) if (event.study_id) touched.add(event.study_id);
      refresh();
    },
  });
  live.start();
}

/* ---- drawing ---- */

function ordered() {
  return [...state.rows.values()].sort(byRank);
}

function draw() {
  drawFigures({ parts, figures: state.figures, empty: state.rows.size === 0 });
  drawFilters({ parts, figures: state.figures, wanted: state.wanted, sites: page.sites, want });
  drawRows();
}

function drawRows() {
  const rows = ordered();
  if (state.chosen && !state.rows.has(state.chosen)) state.chosen = null;
  const existing = new Map([...parts.rows.children].map((line) => [line.dataset.study, line]));
  parts.rows.replaceChildren(...rows.map((row) => lineOf(row, existing.get(row.id), { chosen: state.chosen === row.id, open })));
  parts.more.hidden = !state.next;
  drawEmpty(rows.length === 0);
}

function drawEmpty(empty) {
  parts.empty.hidden = !empty || !state.loaded;
  role("scroller").querySelector("table").hidden = empty;
  if (!empty) return;
  const nothingAtAll = state.figures.lanes.all === 0;
  if (parts["empty-acts"]) parts["empty-acts"].hidden = !nothingAtAll;
  if (state.patientId) {
    emptyWords("No study with this patient ID", "The whole ID has to match; capital and small letters do not matter.");
  } else if (nothingAtAll) {
    emptyWords("No studies yet", "Drop DICOM, PNG or JPEG images anywhere on this page. They appear here as they are analysed.");
  } else {
    emptyWords("Nothing in this lane", "Choose another lane or case type on the left.");
  }
}

function emptyWords(title, text) {
  parts["empty-title"].textContent = title;
  parts["empty-text"].textContent = text;
}

/** Waiting times go on without asking the server. */
function tick() {
  const seconds = CLOCK_MS / 1000;
  if (!state.figures) return;
  for (const row of state.rows.values()) {
    if (!row.reads.some((read) => read.state === "signed")) row.waiting_seconds += seconds;
  }
  if (state.figures.oldest_seconds !== null) state.figures.oldest_seconds += seconds;
  draw();
}

/* ---- acting ---- */

function want(change) {
  state.wanted = { ...state.wanted, ...change };
  sessionStorage.setItem(REMEMBERED, JSON.stringify(state.wanted));
  leaveSearch();
  load();
}

function choose(id) {
  state.chosen = id;
  for (const line of parts.rows.children) {
    const on = line.dataset.study === id;
    line.setAttribute("aria-selected", on ? "true" : "false");
    if (on) line.scrollIntoView({ block: "nearest" });
  }
}

function step(by) {
  const ids = ordered().map((row) => row.id);
  if (!ids.length) return;
  const at = ids.indexOf(state.chosen);
  const to = at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + by));
  choose(ids[to]);
}

function open(id) {
  if (id) location.assign(`/studies/${id}/`);
}

function openChosen() {
  open(state.chosen || ordered()[0]?.id);
}

function search(event) {
  event.preventDefault();
  const typed = parts.search.elements.patient_id.value.trim();
  if (!typed) {
    leaveSearch();
    load();
    return;
  }
  state.patientId = typed;
  parts.searched.hidden = false;
  const all = el("button", { type: "button", class: "button small", onclick: () => { leaveSearch(); load(); } }, "Show the worklist");
  parts.searched.replaceChildren("Studies of one patient, by patient ID", el("span", { class: "push" }), all);
  parts.search.elements.patient_id.blur();
  load();
}

function leaveSearch() {
  state.patientId = "";
  parts.search.elements.patient_id.value = "";
  parts.searched.hidden = true;
}

function escape() {
  if (upload?.shown) upload.hide();
  else if (state.patientId) {
    leaveSearch();
    load();
  }
}

/** U takes back the signature that the foot of the page still speaks of, else it adds images. */
function undoOrUpload() {
  const undo = toast.takeUndo();
  if (undo) undo();
  else upload?.choose();
}

async function undoSignature(studyId) {
  if (await guarded(() => postJson(`/api/studies/${studyId}/undo/`))) open(studyId);
}

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Home: () => choose(ordered()[0]?.id),
  End: () => choose(ordered().at(-1)?.id),
  Enter: openChosen,
  "/": () => parts.search.elements.patient_id.focus(),
  u: undoOrUpload,
  U: undoOrUpload,
  "?": () => ask(parts.keys),
  Escape: escape,
};

function pressed(event) {
  if (event.key === "Escape" && event.target === parts.search.elements.patient_id) {
    event.target.blur();
    leaveSearch();
    return load();
  }
  if (typing(event) || !KEYS[event.key]) return undefined;
  if (event.key === "Enter" && event.target.closest("button, a, summary")) return undefined;
  event.preventDefault();
  return KEYS[event.key]();
}

async function addSample(event) {
  event.target.disabled = true;
  await guarded(() => postJson("/api/studies/sample/", {}));
  event.target.disabled = false;
}

addEventListener("keydown", pressed);
parts.search.addEventListener("submit", search);
parts.start.addEventListener("click", openChosen);
parts.more.querySelector("button").addEventListener("click", loadMore);
if (role("upload-panel")) {
  upload = new UploadPanel({ ...page, onStudy: ({ study_id: id }) => { touched.add(id); refresh(); } });
  role("upload").addEventListener("click", () => upload.choose());
  role("upload-first").addEventListener("click", () => upload.choose());
  role("sample").addEventListener("click", addSample);
}
setInterval(tick, CLOCK_MS);
tellOfActivity();
toast.carried(undoSignature);
load();
addEventListener("pageshow", (event) => event.persisted && location.reload());
