/* The worklist page: what is wanted, what the server answers, and what happens meanwhile. */

import { tellOfActivity } from "./activity.mjs";
import { oneAtATime, settled } from "./again.mjs";
import { ApiError, getJson, postJson } from "./api.mjs";
import { connection } from "./connection.mjs";
import { pageData, role } from "./dom.mjs";
import { Live } from "./live.mjs";
import { wantedQuery } from "./rows.mjs";
import { Toast } from "./toast.mjs";
import { UploadPanel } from "./upload.mjs";
import { Announcer, urgentWords } from "./worklist/announce.mjs";
import { FilterBar } from "./worklist/filter_bar.mjs";
import { isHanded, nothingWords, takeHand } from "./worklist/hand.mjs";
import { keysOfPage } from "./worklist/keys.mjs";
import { lineOf } from "./worklist/line.mjs";
import { List } from "./worklist/list.mjs";
import { Screen } from "./worklist/screen.mjs";
import { Search } from "./worklist/search.mjs";
import { Rows } from "./worklist/store.mjs";
import { SavedViews } from "./worklist/views.mjs";
import { addressOf, filtersOf, FIRST_LANE, wantedFrom } from "./worklist/wanted.mjs";

const CLOCK_MS = 20000;
const REFRESH_SETTLE_MS = 80;
const MOST_IDS = 50;
const REMEMBERED = "second-reader.worklist";
const LOST_WORDS = "This list is as it was then; a study that is open can be read on, and what is not saved yet stays on its page.";

const page = pageData();
const screen = new Screen({ page });
const rows = new Rows();
const state = { wanted: firstWanted(), figures: null, loaded: false, asked: 0, loading: false, fetchingMore: false };
const toast = new Toast();
const announcer = new Announcer(role("announcer"));
const list = new List({ lineOf: (row, line) => lineOf(row, line, { open, lane: state.wanted.lane }), onMore: loadMore, onHold: hold });
const search = new Search({ onChange: load });
const names = { sites: page.sites, versions: page.modelVersions };
const filters = new FilterBar({ names, onChange: (chosen) => want({ lane: state.wanted.lane, ...chosen }) });
const views = new SavedViews({ views: page.views, onOpen: (wanted) => want({ lane: FIRST_LANE, ...wanted }), onError: (error) => toast.error(error) });
let live = null;
let upload = null;

/** What the address asks for; on the plain address, what this tab showed last. */
function firstWanted() {
  if (location.search) return wantedFrom(location.search, page.lanes);
  try {
    const remembered = new URLSearchParams(JSON.parse(sessionStorage.getItem(REMEMBERED)) || {});
    return wantedFrom(`?${remembered}`, page.lanes);
  } catch {
    return wantedFrom("", page.lanes);
  }
}

/* ---- what is wanted ---- */

function want(wanted) {
  search.forget();
  state.wanted = wanted;
  history.pushState(null, "", addressOf(wanted));
  load();
}

function remember() {
  sessionStorage.setItem(REMEMBERED, JSON.stringify({ lane: state.wanted.lane, ...filtersOf(state.wanted) }));
}

/* ---- loading ---- */

function fetchRows(extra, options) {
  if (search.active) return search.fetch(extra, options);
  return getJson(`/api/worklist/?${wantedQuery({ ...state.wanted, ...extra })}`, options);
}

/** The first page of what is wanted; an answer to an older question is not shown. */
async function load() {
  const asked = ++state.asked;
  remember();
  drawWanted();
  screen.busy(state.loading = true);
  let answer;
  try {
    answer = await fetchRows({}, {});
  } catch (error) {
    return failed(error);
  } finally {
    if (asked === state.asked) screen.busy(state.loading = false);
    catchUp();
  }
  if (asked !== state.asked) return undefined;
  rows.replace(answer.results, answer.next);
  list.chosen = rows.has(list.chosen) ? list.chosen : null;
  state.loaded = true;
  state.figures = answer.figures;
  drawCounts();
  list.restart(rows.ordered());
  drawEmpty();
  if (!live) goLive(answer.sequence);
  return undefined;
}

/** The next page, when the end comes near. */
async function loadMore() {
  if (!rows.next || state.fetchingMore) return;
  state.fetchingMore = true;
  const asked = state.asked;
  try {
    const answer = await fetchRows({ cursor: rows.next }, {});
    if (asked !== state.asked) return;
    rows.append(answer.results, answer.next);
    list.change(rows.ordered());
  } catch (error) {
    toast.error(error);
    rows.next = null;
  } finally {
    state.fetchingMore = false;
    catchUp();
  }
}

const touched = new Set();
const refresh = settled(REFRESH_SETTLE_MS, oneAtATime(refreshNow));

/** What happened while rows were on their way: they may tell of the moment before. */
function catchUp() {
  if (touched.size) refresh();
}

/** Asks again for the rows that something happened to; a row that no longer belongs here leaves. */
async function refreshNow() {
  if (state.loading || state.fetchingMore) return; // they catch up when they are here
  const ids = [...touched].slice(0, MOST_IDS);
  ids.forEach((id) => touched.delete(id));
  if (!ids.length || !state.loaded) return;
  const asked = state.asked;
  let answer;
  try {
    answer = await fetchRows({ ids: ids.join(",") }, { background: true });
  } catch {
    ids.forEach((id) => touched.add(id));
    setTimeout(refresh, 1000);
    return;
  }
  if (asked !== state.asked) {
    ids.forEach((id) => touched.add(id));
    return catchUp();
  }
  const urgentBefore = state.figures.urgent;
  const done = rows.merge(ids, answer.results);
  state.figures = answer.figures;
  drawCounts();
  list.change(rows.ordered());
  drawEmpty();
  tellOf(done, urgentBefore);
  catchUp();
}

function failed(error) {
  if (!(error instanceof ApiError)) throw error;
  if (state.loaded) toast.error(error);
  else screen.fault(error);
}

function goLive(sequence) {
  live = new Live({
    path: "/ws/worklist/",
    sequence,
    onState: connection(role("live"), { holds: LOST_WORDS, onNow: () => live.soon(0) }),
    onEvents: (events) => {
      for (const event of events) if (event.study_id) touched.add(event.study_id);
      refresh();
    },
  });
  live.start();
}

/* ---- telling ---- */

/** What has become urgent by name; what did so in another lane or under other filters as a number. */
function tellOf({ arrived, left, urgent }, urgentBefore) {
  announcer.rows({ arrived: arrived.length, left: left.length });
  if (urgent.length) toast.say(urgentWords(urgent), { kind: "urgent", go: { word: "Open", href: `/studies/${urgent[0].id}/` } });
  else if (state.figures.urgent > urgentBefore) {
    toast.say("An urgent study came in", { kind: "urgent", go: { word: "Show the urgent ones", href: "/?triage=urgent" } });
  }
}

/* ---- drawing ---- */

function drawWanted() {
  screen.wanted(state.wanted);
  filters.draw(state.wanted);
  views.draw(state.wanted);
}

function drawCounts() {
  screen.figures(state.figures, { wanted: state.wanted, rows });
}

function drawEmpty() {
  screen.empty({ wanted: state.wanted, rows, figures: state.figures, searched: search.active ? search.nothing() : null, mayUpload: Boolean(upload) });
}

/** Waiting times go on without asking the server. */
function tick() {
  if (!state.figures) return;
  const seconds = CLOCK_MS / 1000;
  rows.tick(seconds);
  if (state.figures.oldest_seconds !== null) state.figures.oldest_seconds += seconds;
  drawCounts();
  list.draw();
}

/* ---- acting ---- */

function hold(id) {
  const moved = rows.release();
  if (id) rows.hold(id);
  if (moved) list.change(rows.ordered());
}

function open(id) {
  if (id) location.assign(`/studies/${id}/`);
}

/** The chosen study; without a choice, the next best one, handed to this reader alone. */
async function start() {
  if (list.chosen && rows.has(list.chosen)) return open(list.chosen);
  return read();
}

async function read() {
  if (search.active || !page.mayRead || !isHanded(state.wanted.lane)) return open(rows.ordered()[0]?.id);
  screen.allowStart(false);
  try {
    const { first, waiting } = await takeHand({ lane: state.wanted.lane, ...filtersOf(state.wanted) });
    if (first) return open(first);
    toast.say(nothingWords(waiting));
  } catch (error) {
    toast.error(error);
  }
  screen.allowStart(rows.size > 0);
  return undefined;
}

async function undoSignature(studyId) {
  try {
    await postJson(`/api/studies/${studyId}/undo/`);
    open(studyId);
  } catch (error) {
    toast.error(error);
  }
}

async function addSample(event) {
  event.target.disabled = true;
  try {
    await postJson("/api/studies/sample/", {});
    toast.say("A synthetic sample is on its way");
  } catch (error) {
    toast.error(error);
  }
  event.target.disabled = false;
}

const OFFERS = {
  upload: () => upload.choose(),
  sample: addSample,
  filters: () => want({ lane: state.wanted.lane }),
  to_read: () => want({ lane: FIRST_LANE }),
};

function prepareUpload() {
  if (!role("upload-panel")) return;
  upload = new UploadPanel({ ...page, onStudy: ({ study_id: id }) => { touched.add(id); refresh(); } });
  role("upload").addEventListener("click", () => upload.choose());
}

/** A button of the rail; after a click by hand the keyboard is the list's again, so that Enter starts reading. */
function chooses(button, change) {
  button.addEventListener("click", (event) => {
    if (event.detail) button.blur();
    want({ lane: state.wanted.lane, ...filtersOf(state.wanted), ...change });
  });
}

function listen() {
  for (const button of screen.lanes) chooses(button, { lane: button.dataset.value });
  for (const button of screen.types) chooses(button, { case_type: button.dataset.value });
  screen.parts.empty.addEventListener("click", (event) => OFFERS[event.target.closest("[data-offer]")?.dataset.offer]?.(event));
  screen.parts.start?.addEventListener("click", read);
  role("fault-again").addEventListener("click", load);
  addEventListener("popstate", () => { state.wanted = wantedFrom(location.search, page.lanes); search.forget(); load(); });
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

prepareUpload();
listen();
keysOfPage({ list, search, filters, toast, start, lanes: screen.lanes, upload });
if (addressOf(state.wanted) !== location.pathname + location.search) history.replaceState(null, "", addressOf(state.wanted));
setInterval(tick, CLOCK_MS);
tellOfActivity();
toast.carried(undoSignature);
load();
