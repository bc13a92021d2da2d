import assert from "node:assert/strict";
import { test } from "node:test";

import { actOf, conflictsOf, grouped, keysOf, keyText, rebound, refusal } from "../../static/js/study/bindings.mjs";

const keys = { confirm: "1", preset1: "Shift+1", reject: "x", keys: "?", nextFinding: "Tab", previousFinding: "Shift+Tab", accept: "Enter", sign: "Shift+Enter", closer: "+", fainter: "[", controls: "c" };

test("the keys of the issue ask for their acts", () => {
  assert.equal(actOf({ key: "1", code: "Digit1" }, keys), "confirm");
  assert.equal(actOf({ key: "Tab" }, keys), "nextFinding");
  assert.equal(actOf({ key: "Tab", shiftKey: true }, keys), "previousFinding");
  assert.equal(actOf({ key: "Enter" }, keys), "accept");
  assert.equal(actOf({ key: "Enter", shiftKey: true }, keys), "sign");
  assert.equal(actOf({ key: "?", code: "Slash", shiftKey: true }, keys), "keys");
  assert.equal(actOf({ key: "[", code: "BracketLeft" }, keys), "fainter");
});

test("Shift and a digit is a preset on every keyboard, and the digit row needs no Shift where digits do", () => {
  assert.equal(actOf({ key: "!", code: "Digit1", shiftKey: true }, keys), "preset1");
  assert.equal(actOf({ key: "&", code: "Digit1" }, keys), "confirm");
  assert.equal(actOf({ key: "1", code: "Numpad1" }, keys), "confirm");
});

test("letters count with Caps Lock and with Shift, unless Shift has an act of its own", () => {
  assert.equal(actOf({ key: "X" }, keys), "reject");
  assert.equal(actOf({ key: "X", shiftKey: true }, keys), "reject");
  assert.equal(actOf({ key: "X", shiftKey: true }, { ...keys, undo: "Shift+x" }), "undo");
});

test("plus needs no Shift while the equals sign has no act of its own", () => {
  assert.equal(actOf({ key: "=", code: "Equal" }, keys), "closer");
  assert.equal(actOf({ key: "=", code: "Equal" }, { ...keys, undo: "=" }), "undo");
});

test("keys of the browser ask for nothing", () => {
  for (const event of [{ key: "F5" }, { key: "Escape" }, { key: "q" }, { key: "1", ctrlKey: true }, { key: "x", metaKey: true }, { key: "x", altKey: true }, { key: "Shift", shiftKey: true }, { key: " " }, { key: "Dead" }]) assert.equal(actOf(event, keys), null, JSON.stringify(event));
});

test("a new key holds and the old one does not", () => {
  const { keys: changed, other } = rebound(keys, "reject", "j");
  assert.deepEqual([actOf({ key: "j" }, changed), actOf({ key: "x" }, changed), other], ["reject", null, null]);
});

test("who had the key is named, and both clash until one of them has another", () => {
  const { keys: clashing, other } = rebound(keys, "reject", "1");
  assert.equal(other, "confirm");
  assert.deepEqual(conflictsOf(clashing), [["1", ["confirm", "reject"]]]);
  assert.deepEqual(conflictsOf(rebound(clashing, "confirm", "x").keys), []);
});

test("why a press cannot be given is said", () => {
  assert.equal(refusal({ key: "j" }), null);
  for (const event of [{ key: "F3" }, { key: "Escape" }, { key: " " }, { key: "w", ctrlKey: true }, { key: "Dead" }]) assert.ok(refusal(event), JSON.stringify(event));
});

test("what a press is written as is what the server accepts", () => {
  assert.deepEqual(keysOf({ key: "é", code: "Digit2" }), ["2", "é"]);
  assert.deepEqual(keysOf({ key: "G", shiftKey: true }), ["Shift+g", "g"]);
  assert.deepEqual(keysOf({ key: "%", code: "Digit5", shiftKey: true }), ["Shift+5", "%"]);
});

test("keys are printed as they stand on a keyboard", () => {
  assert.deepEqual(["Shift+Enter", "ArrowUp", "g", "PageDown"].map(keyText), [["Shift", "Enter"], ["↑"], ["G"], ["PgDn"]]);
});

test("groups come in the order of the acts", () => {
  assert.deepEqual(grouped([{ act: "a", group: "x" }, { act: "b", group: "y" }, { act: "c", group: "x" }]).map(([name, acts]) => [name, acts.length]), [["x", 2], ["y", 1]]);
});
