/* One claim: films side by side with those they look like, what is billed beside what was found, the decision. */

import { oneAtATime, settled } from "./again.mjs";
import { getJson, postJson, putJson } from "./api.mjs";
import { BillDialog } from "./claims/bill.mjs";
import { Pair } from "./claims/pair.mjs";
import { ANSWERS, boxesOf, evidenceLine, filmLine, gathered, likenessLine, modelLine, observationLine } from "./claims/panels.mjs";
import { stateWords } from "./claims/row.mjs";
import { TakeDialog } from "./claims/take.mjs";
import { connection } from "./connection.mjs";
import { el, pageData, role, typing } from "./dom.mjs";
import { Live } from "./live.mjs";
import { Toast } from "./toast.mjs";
import { moment } from "./words.mjs";

const PATH = `/api/claims/${pageData().claimId}/`;
const DECIDED = { accept: "Accepted", query: "Queried", deny: "Denied" };
const page = pageData();
const toast = new Toast();
const pair = new Pair(role("pair"), { onError: (error) => toast.error(error) });
const bill = new BillDialog(page.teeth, { onSave: (procedures) => changed(putJson(`${PATH}procedures/`, { procedures, expected_version: state.claim.version })) });
const take = new TakeDialog(page.claimId, {
  onTaken: async (study) => {
    await load();
    showFilms();
    toast.say(`${study.pseudonym} is under this claim now.`);
  },
});
const state = { claim: null, film: null, likeness: null, live: null, turn: 0 };

const load = () => fetched({ background: false });
const loadQuietly = oneAtATime(() => fetched({ background: true }));

/** The claim as it is now; of two answers on their way, the one that was asked for last is shown. */
async function fetched({ background }) {
  const turn = ++state.turn;
  const claim = await getJson(PATH, { background });
  if (turn !== state.turn) return state.claim;
  const first = !state.claim;
  state.claim = claim;
  if (first) start(claim);
  state.film = claim.films.find((film) => film.instance_id === state.film?.instance_id) ?? claim.films[0] ?? null;
  state.likeness = claim.likenesses.find((one) => one.id === state.likeness?.id) ?? null;
  draw();
  if (first) showFilms();
  return claim;
}

/** What is worth a look stands on the screen first. */
function start(claim) {
  state.likeness = claim.likenesses.find((one) => one.other && !one.word) ?? claim.likenesses.find((one) => one.other) ?? null;
  if (state.likeness) state.film = claim.films.find((film) => film.instance_id === state.likeness.instance_id);
  listen(claim.sequence);
}

async function changed(request) {
  await request;
  await load();
}

function draw() {
  const { claim } = state;
  role("number").textContent = claim.number || "(number erased)";
  document.title = `Claim ${claim.number} · Second Reader`;
  role("state").textContent = stateWords({ ...claim, decided_by: "" });
  role("where").textContent = `${claim.site}, opened ${moment(claim.created_at)}`;
  fill("films", claim.films, (film) => filmLine(film, { chosen: film === state.film, onChoose: chooseFilm }), "No film has come in under this number yet. Add images on the worklist with this claim number, or take a study in.");
  fill("likenesses", claim.likenesses, (one) => likenessLine(one, { chosen: one === state.likeness, onChoose: chooseLikeness }), "No film of another claim looks like one of these.");
  fill("billed", claim.evidence, (one) => evidenceLine(one, page.teeth), "Nothing was entered.");
  fill("seen", gathered(claim.observations), (one) => observationLine(one, page.teeth), nothingSeen(claim));
  fill("models", claim.models, modelLine, "No model has looked at these films, or its word is withheld.");
  decided(claim);
  answer();
  buttons();
}

function nothingSeen(claim) {
  if (claim.films.some((film) => film.withheld)) return "What the models say is withheld: this site reads blind first.";
  const waiting = claim.films.some((film) => ["waiting", "analysing"].includes(film.analysis_state));
  return waiting ? "The models are still looking." : "Neither a reader nor a model has a finding on these films.";
}

function fill(name, several, line, none) {
  role(name).replaceChildren(...(several.length ? several.map(line) : [el("li", { class: "faint" }, none)]));
}

function decided(claim) {
  const words = claim.decision ? `${DECIDED[claim.decision]} by ${claim.decided_by}, ${moment(claim.decided_at)}.` : "Not decided.";
  const again = claim.decision && claim.state === "open" ? " Open again since: films arrived, or what is billed has changed." : "";
  role("decided").textContent = [words + again, claim.decision_reason].filter(Boolean).join(" ");
}

/** The two films that stand side by side, and what may be said of them. */
function answer() {
  const one = state.likeness;
  role("answer").hidden = !one?.other || !page.mayDecide;
  role("said").hidden = !one;
  if (!one) return;
  const said = one.word ? ` ${ANSWERS[one.word]}, ${one.said_by}, ${moment(one.said_at)}.${one.comment ? ` ${one.comment}` : ""}` : "";
  role("said").textContent = `${one.words}${said}`;
  role("said").dataset.kind = one.word ? "info" : "warning";
  role("answer-words").textContent = "Are these two films the same one?";
}

function buttons() {
  role("mirror-button").setAttribute("aria-pressed", String(pair.mirrored));
  role("boxes-button").setAttribute("aria-pressed", String(pair.boxes));
}

async function showFilms() {
  const { film, likeness, claim } = state;
  const left = film && { instance: film.instance_id, columns: film.columns, rows: film.rows, boxes: boxesOf(film, claim.observations), caption: `This claim: film ${film.number}, received ${moment(film.received_at)}` };
  const other = likeness?.other;
  const right = other && { instance: other.instance_id, columns: other.columns, rows: other.rows, boxes: [], caption: `Claim ${other.number}, ${other.site}, received ${moment(other.received_at)}` };
  await pair.show(left, right ?? null, { mirrored: likeness?.kind === "mirrored" });
  buttons();
}

function chooseFilm(film) {
  state.film = film;
  state.likeness = null;
  draw();
  showFilms();
}

function chooseLikeness(one) {
  state.likeness = one;
  state.film = state.claim.films.find((film) => film.instance_id === one.instance_id) ?? state.film;
  draw();
  showFilms();
}

function step(by) {
  const { films } = state.claim;
  const at = films.indexOf(state.film);
  if (films.length) chooseFilm(films[Math.min(films.length - 1, Math.max(0, at + by))]);
}

function nextLikeness() {
  const all = state.claim.likenesses.filter((one) => one.other);
  if (all.length) chooseLikeness(all[(all.indexOf(state.likeness) + 1) % all.length]);
}

async function say(word) {
  const one = state.likeness;
  if (!one?.other || !page.mayDecide) return;
  const comment = document.getElementById("answer-comment");
  try {
    await changed(postJson(`/api/film-matches/${one.id}/word/`, { word, comment: comment.value }));
    comment.value = "";
    toast.say(`${ANSWERS[word]}: kept.`);
  } catch (error) {
    toast.error(error);
  }
}

async function decide(decision) {
  if (!page.mayDecide) return;
  const reason = document.getElementById("reason");
  role("decision-error").textContent = "";
  if (decision !== "accept" && !reason.value.trim()) {
    role("decision-error").textContent = "Write why, then decide.";
    reason.focus();
    return;
  }
  try {
    await changed(postJson(`${PATH}decision/`, { decision, reason: reason.value, expected_version: state.claim.version }));
    reason.value = "";
    toast.say(`${DECIDED[decision]}.`);
  } catch (error) {
    role("decision-error").textContent = [error.message, error.remedy].filter(Boolean).join(" ");
    if (error.code === "claim_changed") load();
  }
}

/** A study of this claim, this claim, or a claim whose film stands beside it: fetch the claim again. */
function concerns(event) {
  const { claim } = state;
  if (event.kind.startsWith("claim.")) return event.object_id === undefined || event.object_id === page.claimId;
  return claim.films.some((film) => film.study_id === event.study_id);
}

function listen(sequence) {
  const redraw = settled(300, () => loadQuietly().then(() => (role("announcer").textContent = "The claim was updated.")).catch(() => {}));
  state.live = new Live({
    path: "/ws/worklist/",
    sequence,
    onEvents: (events) => events.some(concerns) && redraw(),
    onState: connection(role("live"), { holds: "What is on the screen stays usable. A decision is only saved with a connection.", onNow: () => state.live.soon(0) }),
  });
  state.live.start();
}

function act(name) {
  pair.act(name);
  buttons();
}

function keys(event) {
  if (typing(event) || !state.claim) return;
  const acts = {
    j: () => step(1),
    k: () => step(-1),
    l: nextLikeness,
    s: () => say("same_film"),
    o: () => say("other_film"),
    m: () => act("mirror"),
    b: () => act("boxes"),
    e: () => bill.open(state.claim.evidence.map((one) => one.procedure)),
    t: () => take.open(),
    0: () => act("fit"),
    "+": () => act("more"),
    "-": () => act("less"),
    1: () => decide("accept"),
    2: () => decide("query"),
    3: () => decide("deny"),
  };
  const chosen = acts[event.key.toLowerCase()];
  if (!chosen) return;
  event.preventDefault();
  chosen();
}

for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => act(button.dataset.act));
for (const button of document.querySelectorAll("[data-word]")) button.addEventListener("click", () => say(button.dataset.word));
for (const button of document.querySelectorAll("[data-decision]")) button.addEventListener("click", () => decide(button.dataset.decision));
role("take").addEventListener("click", () => take.open());
role("bill").addEventListener("click", () => bill.open(state.claim.evidence.map((one) => one.procedure)));
addEventListener("keydown", keys);
load().catch((error) => toast.error(error));
