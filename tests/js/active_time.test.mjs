import assert from "node:assert/strict";
import test from "node:test";

import { ActiveTime, IDLE_MS } from "../../static/js/study/active_time.mjs";

const SECOND = 1000;

test("gaps between signs of activity count", () => {
  const time = new ActiveTime(0);
  time.seen(5 * SECOND);
  time.seen(12 * SECOND);
  assert.equal(time.take().active, 12);
});

test("a gap of sixty seconds counts, a longer one counts nothing at all", () => {
  const time = new ActiveTime(0);
  time.seen(IDLE_MS);
  assert.equal(time.take().active, 60);
  time.seen(2 * IDLE_MS + 1);
  assert.equal(time.take().active, 0);
  time.seen(2 * IDLE_MS + 2 * SECOND + 1);
  assert.equal(time.take().active, 2);
});

test("time without a sign at the end counts nothing until the next sign", () => {
  const time = new ActiveTime(0);
  time.seen(3 * SECOND);
  assert.equal(time.take().active, 3);
  assert.equal(time.take().active, 0);
});

test("a page out of sight counts nothing until it is back", () => {
  const time = new ActiveTime(0);
  time.leave(4 * SECOND);
  time.seen(30 * SECOND);
  time.comeBack(40 * SECOND);
  time.seen(45 * SECOND);
  assert.equal(time.take().active, 9);
});

test("seconds with the machine's word on the screen are kept apart", () => {
  const time = new ActiveTime(0, false);
  time.seen(10 * SECOND);
  time.aiShown(20 * SECOND, true);
  time.seen(25 * SECOND);
  assert.deepEqual(time.take(), { active: 25, ai: 5, aiShown: true });
});

test("a clock that goes back counts nothing", () => {
  const time = new ActiveTime(10 * SECOND);
  time.seen(5 * SECOND);
  assert.equal(time.take().active, 0);
});
