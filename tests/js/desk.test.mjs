import assert from "node:assert/strict";
import { test } from "node:test";

import { Ahead, wantedAhead } from "../../static/js/study/ahead.mjs";
import { Looks, nextLayout, stageOf } from "../../static/js/study/layouts.mjs";
import { Path } from "../../static/js/study/path.mjs";
import { bestPrior, priorWords } from "../../static/js/study/prior_choice.mjs";
import { bannerWords, caption, confirmWords, pixelWords, spoken } from "../../static/js/study/wording.mjs";

const rows = (...ids) => ids.map((id) => ({ id, version: 1 }));

test("back goes through the studies of this session, and forward again before anything new", () => {
  const path = new Path();
  for (const id of ["a", "b", "c"]) path.visit(id);
  assert.deepEqual([path.here, path.before, path.after], ["c", "b", null]);
  path.visit("b");
  assert.deepEqual([path.here, path.before, path.after], ["b", "a", "c"]);
  path.visit("d");
  assert.deepEqual([path.here, path.before, path.visited.join("")], ["d", "c", "abcd"]);
});

test("a study that was opened in this session is not handed out again", () => {
  const path = new Path();
  path.visit("a");
  path.visit("b");
  assert.equal(path.choose(rows("a", "b", "c")).id, "c");
  assert.equal(path.choose(rows("b", "a")), null);
});

test("a study that was deleted leaves the way", () => {
  const path = new Path();
  for (const id of ["a", "b", "c"]) path.visit(id);
  path.forget("b");
  assert.deepEqual([path.here, path.before], ["c", "a"]);
});

function aheadOf(log, load = async (id) => ({ study: { id, instances: [{ id: `i-${id}` }] }, findings: [] })) {
  return new Ahead({ load, prefetch: async (instance) => log.push(instance.id), picture: async (study, kind, id) => log.push(`${kind}-${id}`), heard: () => 7 });
}

test("the next three are held, the nearest first, and the fourth is not", async () => {
  const log = [];
  const ahead = aheadOf(log);
  await ahead.hold(rows("a", "b", "c", "d"));
  assert.deepEqual(log, ["i-a", "i-b", "i-c"]);
  assert.equal(ahead.ready, 3);
});

test("what is held is given once, with the event it was fetched after", async () => {
  const ahead = aheadOf([]);
  await ahead.hold(rows("a"));
  const held = ahead.take("a");
  assert.deepEqual([held.value.study.id, held.sequence, ahead.take("a")], ["a", 7, null]);
});

test("a row of another version is fetched anew, and one that is not wanted any more is let go", async () => {
  const log = [];
  const ahead = aheadOf(log);
  await ahead.hold(rows("a", "b"));
  await ahead.hold([{ id: "a", version: 2 }]);
  assert.deepEqual([log, ahead.take("b")], [["i-a", "i-b", "i-a"], null]);
});

test("a study that cannot be fetched does not keep the others from being held", async () => {
  const ahead = aheadOf([], async (id) => {
    if (id === "a") throw new Error("gone");
    return { study: { id, instances: [{ id: "i" }] }, findings: [] };
  });
  await ahead.hold(rows("a", "b"));
  assert.deepEqual([ahead.take("a"), ahead.take("b").value.study.id], [null, "b"]);
});

test("ahead are fetched the first place, a few more images, and the maps of positive findings", () => {
  const finding = (id, more) => ({ id, instance_id: "j", frame: 4, probability: 0.9, positive: true, heatmap: true, support: "", ...more });
  const study = { instances: [{ id: "i" }, { id: "j" }, { id: "k" }] };
  const wanted = wantedAhead({ study, findings: [finding("f", { support: "map_only" }), finding("g", { positive: false })] });
  assert.deepEqual(wanted.frames.map(([one, frame]) => `${one.id}${frame}`), ["j4", "i0", "k0"]);
  assert.deepEqual([wanted.maps, wanted.outlines], [["f"], ["f"]]);
});

test("the original alone stands above the prior, the prior above the layout", () => {
  assert.deepEqual(stageOf({ layout: "pair", original: true, prior: true }), { layout: "single", marks: "none" });
  assert.deepEqual(stageOf({ layout: "quad", original: false, prior: true }), { layout: "prior", marks: "all" });
  assert.deepEqual(stageOf({ layout: "quad" }).layout, "quad");
  assert.deepEqual(["pair", "single", "quad"].map(nextLayout), ["single", "quad", "pair"]);
});

test("each finding keeps its own opacity and threshold; a fresh one starts where the last was left", () => {
  const looks = new Looks({ opacity: 0.6 });
  looks.change("a", { opacity: 0.3 });
  looks.change("b", { threshold: 0.5 });
  assert.deepEqual([looks.of("a"), looks.of("b"), looks.of("c")], [{ opacity: 0.3, threshold: 0 }, { opacity: 0.3, threshold: 0.5 }, { opacity: 0.3, threshold: 0.5 }]);
  assert.equal(looks.change("a", { opacity: 7 }).opacity, 1);
});

test("the prior of the same kind and view is taken before a newer one of another", () => {
  const prior = (id, kind, view) => ({ id, case_type: kind, instances: [{ id: `i${id}`, view_position: view }] });
  const priors = [prior("1", "bone", "PA"), prior("2", "chest", "LL"), prior("3", "chest", "PA")];
  assert.equal(bestPrior(priors, { caseType: "chest", view: "PA" }).prior.id, "3");
  assert.equal(bestPrior(priors, { caseType: "chest", view: "AP" }).prior.id, "2");
  assert.equal(bestPrior([], { caseType: "chest", view: "PA" }), null);
  assert.equal(priorWords({ study_date: "20240301", case_type: "chest", site: "North" }), "2024-03-01 · Chest · North");
});

test("the first button says what it will do", () => {
  const words = (more) => confirmWords({ signed: false, analysed: true, withheld: false, findings: [], reviews: [], ...more });
  const findings = [{ id: "f", positive: true }, { id: "g", positive: true }, { id: "h", positive: false }];
  assert.equal(words({}), "Confirm: no finding");
  assert.equal(words({ findings }), "Confirm 2 findings");
  assert.equal(words({ findings, reviews: [{ finding_id: "f" }] }), "Confirm the other 1 finding");
  assert.equal(words({ withheld: true }), "Commit: normal");
  assert.equal(words({ withheld: true, reviews: [{ finding_id: null }] }), "Commit: abnormal, 1 finding");
});

test("nothing withheld and nothing unanalysed is ever called normal", () => {
  const facts = { source: null, suppressed: false, heatmap: true, demanded: false, analysed: true, withheld: false };
  assert.equal(caption(null, facts), "no finding above threshold");
  assert.equal(caption(null, { ...facts, withheld: true }), "withheld");
  assert.equal(caption(null, { ...facts, analysed: false }), "not analysed");
  assert.equal(bannerWords({ signed: false, outdated: false, changed: false }), "");
});

test("a finding is said with its number, its side of the operating point, and what the reader said", () => {
  const line = { kind: "model", label: "Mass", probability: 0.57, positive: true, verdict: "rejected" };
  assert.equal(spoken(line, 1, 6), "mass: .57, positive, rejected by you. 1 of 6.");
  assert.equal(spoken({ kind: "added", label: "nodule", verdict: "added" }, 2, 2), "nodule: yours. 2 of 2.");
});

test("the film says when its pixels are not square, and in which shape they are drawn", () => {
  assert.deepEqual([null, { x: 1, y: 1 }].map(pixelWords), ["", ""]);
  assert.match(pixelWords({ x: 1, y: 1.75 }), /drawn 1 : 1\.75$/);
});
