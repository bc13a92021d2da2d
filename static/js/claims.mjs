/* The claims lane: state tabs, rows by page, search by number, live redraw. */

import { settled } from "./again.mjs";
import { getJson, postJson } from "./api.mjs";
import { GroupsDialog } from "./claims/groups.mjs";
import { claimRow } from "./claims/row.mjs";
import { connection } from "./connection.mjs";
import { pageData, role, typing } from "./dom.mjs";
import { Live } from "./live.mjs";
import { Toast } from "./toast.mjs";

const EMPTY = {
  open: ["No claim is open.", "Open one by its number, or add images with a claim number: their films join it by themselves."],
  flagged: ["Nothing to look at.", "No film of an open claim looks like a film of another claim, or somebody has looked at each."],
  decided: ["Nothing is waiting to leave.", "Decided claims stand here until their sheet is taken out."],
  exported: ["No sheet was taken out yet.", "Claims stand here once their decision sheet has left."],
  found: ["No claim has this number.", "The search finds whole numbers only."],
};
const TOLD = /^(claim\.|study\.|inference\.(completed|failed)|read\.signed)/;

const page = pageData();
const toast = new Toast();
const groups = new GroupsDialog({ mayWrite: page.mayDecide, toast });
const rows = role("rows");
const state = { tab: "open", next: null, chosen: null, number: "", live: null, turn: 0 };

function query(more = {}) {
  const wanted = { state: state.tab === "flagged" ? "open" : state.tab, ...more };
  if (state.tab === "flagged") wanted.flagged = "true";
  const site = role("site").value;
  if (site) wanted.site = site;
  return new URLSearchParams(wanted).toString();
}

async function asked({ cursor = "", background = false } = {}) {
  if (state.number) return postJson("/api/claims/search/", { claim_number: state.number }, { background });
  return getJson(`/api/claims/?${query(cursor ? { cursor } : {})}`, { background });
}

async function load({ background = false } = {}) {
  const turn = ++state.turn;
  try {
    const found = await asked({ background });
    if (turn === state.turn) shown(found);
  } catch (error) {
    if (turn !== state.turn) return;
    if (background) return;
    fault(error);
  }
}

function shown(found, { added = false } = {}) {
  const lines = found.results.map(claimRow);
  if (added) rows.append(...lines);
  else rows.replaceChildren(...lines);
  state.next = found.next;
  role("more").hidden = !found.next;
  role("fault").hidden = true;
  role("panel").hidden = false;
  for (const [name, count] of Object.entries(found.counts)) counted(name, count);
  empty(!rows.children.length);
  choose(rows.querySelector(`[data-id="${state.chosen}"]`) ?? rows.firstElementChild, { focus: false });
  listen(found.sequence);
}

function counted(name, count) {
  const element = document.querySelector(`[data-count="${name}"]`);
  element.textContent = count > 999 ? "999+" : String(count);
}

function empty(is) {
  const [title, text] = EMPTY[state.number ? "found" : state.tab];
  role("empty-title").textContent = title;
  role("empty-text").textContent = text;
  role("empty").hidden = !is;
  role("panel").hidden = is;
}

function fault(error) {
  role("fault-fact").textContent = error.message;
  role("fault-text").textContent = error.remedy ?? "";
  role("fault").hidden = false;
  role("panel").hidden = true;
  role("empty").hidden = true;
}

function listen(sequence) {
  if (state.live) return;
  const redraw = settled(400, () => load({ background: true }));
  state.live = new Live({
    path: "/ws/worklist/",
    sequence,
    onEvents: (events) => events.some((event) => TOLD.test(event.kind)) && redraw(),
    onState: connection(role("live"), { holds: "The list stays as it was.", onNow: () => state.live.soon(0) }),
  });
  state.live.start();
}

function choose(row, { focus = true } = {}) {
  for (const other of rows.children) other.setAttribute("aria-selected", String(other === row));
  state.chosen = row?.dataset.id ?? null;
  if (!row || !focus) return;
  row.querySelector("a").focus();
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = [...rows.children];
  const at = all.findIndex((row) => row.dataset.id === state.chosen);
  choose(all[Math.min(all.length - 1, Math.max(0, at + by))]);
}

function tab(name) {
  state.tab = name;
  state.number = "";
  role("search").elements.number.value = "";
  role("searched").hidden = true;
  for (const button of role("tabs").children) {
    const is = button.dataset.state === name;
    button.setAttribute("aria-selected", String(is));
    button.tabIndex = is ? 0 : -1;
    if (is) role("panel").setAttribute("aria-labelledby", button.id);
  }
  load();
}

function tabKey(event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  const all = [...role("tabs").children];
  const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
  next.focus();
  tab(next.dataset.state);
}

function search(event) {
  event.preventDefault();
  const number = role("search").elements.number.value.trim();
  if (!number) return tab(state.tab);
  state.number = number;
  role("searched").textContent = "Claims of this number, in every state. Press Escape for the list.";
  role("searched").hidden = false;
  return load();
}

async function opened(event) {
  event.preventDefault();
  const form = role("new-form").elements;
  try {
    const claim = await postJson("/api/claims/", { claim_number: form.number.value, site: form.site.value });
    location.assign(`/claims/${claim.id}/`);
  } catch (error) {
    role("new-error").textContent = [error.message, error.remedy].filter(Boolean).join(" ");
  }
}

function newClaim() {
  role("new-form").reset();
  role("new-error").textContent = "";
  role("new-dialog").showModal();
}

function keys(event) {
  if (event.key === "Escape" && state.number && event.target.closest('[data-role="search"]')) return tab(state.tab);
  if (typing(event) || event.target.closest('[role="tablist"]')) return null;
  const acts = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    n: newClaim,
    "/": () => role("search").elements.number.focus(),
    Escape: () => state.number && tab(state.tab),
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return null;
  event.preventDefault();
  return act();
}

role("site-box").hidden = page.sites.length < 2;
role("site").addEventListener("change", () => load());
role("tabs").addEventListener("click", (event) => event.target.closest("[data-state]") && tab(event.target.closest("[data-state]").dataset.state));
role("tabs").addEventListener("keydown", tabKey);
role("search").addEventListener("submit", search);
role("more").addEventListener("click", () => asked({ cursor: state.next }).then((found) => shown(found, { added: true })).catch(fault));
role("fault-again").addEventListener("click", () => load());
role("claim-new").addEventListener("click", newClaim);
role("new-cancel").addEventListener("click", () => role("new-dialog").close());
role("new-form").addEventListener("submit", opened);
role("groups-open").addEventListener("click", () => groups.open().catch((error) => toast.error(error)));
rows.addEventListener("click", (event) => {
  const row = event.target.closest("[data-id]");
  if (row && !event.target.closest("a")) location.assign(`/claims/${row.dataset.id}/`);
});
addEventListener("keydown", keys);
load();
