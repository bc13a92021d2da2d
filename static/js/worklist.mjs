/* The worklist page: lanes, rows that keep themselves up to date, keys, search, upload. */

import { ApiError, getJson, postJson } from "./api.mjs";
import { ask, el, pageData, role, settled, typing } from "./dom.mjs";
import { Live, liveMark } from "./live.mjs";
import { byRank, wantedQuery } from "./rows.mjs";
import { UploadPanel } from "./upload.mjs";
import { caseType, chip, duration, label, probability, reason, span } from "./words.mjs";

const LANES = [
  ["to_read", "To read"],
  ["mine", "Mine"],
  ["disagree", "Reader and model disagree"],
  ["needs_human", "Needs a human"],
  ["not_analysed", "Not analysed"],
  ["read_today", "Read today"],
  ["all", "All studies"],
];
const CLOCK_MS = 20000;
const FRESH_MS = 1600;
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
  siteNames: new Map(),
  loaded: false,
};

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
  drawFigures();
  drawFilters();
  drawRows();
}

function figure(name, text, zero) {
  parts[name].textContent = text;
  parts[name].classList.toggle("zero", zero);
}

function drawFigures() {
  const { urgent, waiting, oldest_seconds: oldest, median_seconds: median } = state.figures;
  figure("urgent", urgent, urgent === 0);
  figure("waiting", waiting, waiting === 0);
  figure("oldest", duration(oldest), false);
  figure("median", span(median), false);
  parts.start.disabled = state.rows.size === 0;
  document.title = `${urgent ? `(${urgent} urgent) ` : ""}Worklist · Second Reader`;
}

function filterButton(word, number, pressed, onclick) {
  const count = el("b", { class: number ? "" : "zero" }, String(number));
  return el("button", { type: "button", "aria-pressed": pressed ? "true" : "false", onclick }, el("span", {}, word), count);
}

function drawFilters() {
  const { lanes, case_types: types, sites } = state.figures;
  const { lane, caseType: chosenType, site } = state.wanted;
  parts.lanes.replaceChildren(
    ...LANES.map(([code, word]) => filterButton(word, lanes[code], lane === code, () => want({ lane: code }))),
  );
  const known = Object.keys(types).filter((code) => types[code]).sort();
  if (chosenType && !known.includes(chosenType)) known.push(chosenType);
  parts["case-types"].replaceChildren(
    filterButton("All", Object.values(types).reduce((sum, number) => sum + number, 0), !chosenType, () => want({ caseType: "" })),
    ...known.map((code) => filterButton(caseType(code), types[code] || 0, chosenType === code, () => want({ caseType: code }))),
  );
  for (const row of state.rows.values()) state.siteNames.set(row.site_id, row.site_name);
  for (const one of page.sites) state.siteNames.set(one.id, one.name);
  parts["sites-box"].hidden = page.sites.length < 2;
  parts.sites.replaceChildren(
    filterButton("All", Object.values(sites).reduce((sum, number) => sum + number, 0), !site, () => want({ site: "" })),
    ...page.sites.map((one) => filterButton(one.name, sites[one.id] || 0, site === one.id, () => want({ site: one.id }))),
  );
}

function drawRows() {
  const rows = ordered();
  if (state.chosen && !state.rows.has(state.chosen)) state.chosen = null;
  const existing = new Map([...parts.rows.children].map((line) => [line.dataset.study, line]));
  parts.rows.replaceChildren(...rows.map((row) => lineOf(row, existing.get(row.id))));
  parts.more.hidden = !state.next;
  drawEmpty(rows.length === 0);
}

/** A line is made anew only when what it says has changed, so that focus and selection stay. */
function lineOf(row, line) {
  const said = JSON.stringify({ ...row, waiting_seconds: duration(row.waiting_seconds), fresh: undefined });
  const chosen = state.chosen === row.id ? "true" : "false";
  if (line && line.said === said) {
    line.setAttribute("aria-selected", chosen);
    return line;
  }
  const made = el("tr", { "data-study": row.id, "aria-selected": chosen, onclick: () => open(row.id) }, ...cells(row));
  made.said = said;
  if (row.fresh) {
    made.classList.add("fresh");
    setTimeout(() => made.classList.remove("fresh"), FRESH_MS);
  }
  return made;
}

function cells(row) {
  const { kind, word } = chip({ triage: row.triage_class, state: row.analysis_state });
  return [
    el("td", {}, el("span", { class: `chip ${kind}`, title: reason(row.triage_reason) }, word)),
    el("td", { class: "num", "data-role": "waited" }, duration(row.waiting_seconds)),
    el("td", {}, el("a", { href: `/studies/${row.id}/`, tabindex: "-1" }, row.pseudonym), row.synthetic ? el("span", { class: "tag" }, "synthetic") : null),
    el("td", {}, caseType(row.case_type)),
    el("td", {}, row.site_name),
    el("td", { class: "say" }, ...says(row)),
    el("td", { class: "state" }, ...standing(row)),
    el("td", { class: "muted" }, row.why_here),
  ];
}

function says(row) {
  if (row.analysis_state === "waiting" || row.analysis_state === "analysing") return [el("span", { class: "faint" }, "…")];
  if (["not_analysed", "needs_human", "cancelled"].includes(row.analysis_state)) {
    return [el("span", { class: "faint" }, reason(row.analysis_reason) || "not analysed")];
  }
  if (!row.said.length) return [el("span", { class: "faint" }, "no finding above threshold")];
  const boxes = row.said.reduce((sum, one) => sum + one.boxes, 0);
  const words = row.said.slice(0, 4).map((one) => `${label(one.label)} ${probability(one.probability)}`).join(", ");
  const rest = row.said.length > 4 ? ` and ${row.said.length - 4} more` : "";
  return [words + rest, boxes ? el("span", { class: "faint" }, ` · ${boxes} box${boxes > 1 ? "es" : ""}`) : null];
}

function standing(row) {
  const words = { waiting: "in the queue", analysing: "analysing…" };
  if (words[row.analysis_state]) return [el("span", { class: "muted" }, words[row.analysis_state])];
  if (!row.reads.length) return ["ready"];
  return [row.reads.map((read) => {
    const who = read.mine ? "you" : read.by;
    return read.state === "signed" ? `signed by ${who}` : `opened by ${who}`;
  }).join(", ")];
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

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Home: () => choose(ordered()[0]?.id),
  End: () => choose(ordered().at(-1)?.id),
  Enter: openChosen,
  "/": () => parts.search.elements.patient_id.focus(),
  u: () => upload?.choose(),
  U: () => upload?.choose(),
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
load();
addEventListener("pageshow", (event) => event.persisted && location.reload());
