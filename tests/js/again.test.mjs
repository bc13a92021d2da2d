import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { oneAtATime, settled } from "../../static/js/again.mjs";

test("many calls in a row are one call, after the last", async () => {
  let calls = 0;
  const call = settled(20, () => calls++);
  for (let number = 0; number < 4; number++) call();
  assert.equal(calls, 0);
  await pause(60);
  assert.equal(calls, 1);
});

test("calls that never pause are answered all the same", async () => {
  let calls = 0;
  const call = settled(20, () => calls++);
  const until = performance.now() + 400;
  while (performance.now() < until) {
    call();
    await pause(5);
  }
  assert.ok(calls >= 2, `${calls} calls in 400 ms`);
});

test("what is called during a run runs once more, after it", async () => {
  const log = [];
  const ends = [];
  const call = oneAtATime(() => {
    log.push("begin");
    return new Promise((resolve) => ends.push(() => { log.push("end"); resolve(log.length); }));
  });
  const [first, second, third] = [call(), call(), call()];
  assert.equal(second, third);
  assert.deepEqual(log, ["begin"]);
  ends[0]();
  assert.equal(await first, 2);
  await pause(0);
  assert.deepEqual(log, ["begin", "end", "begin"]);
  ends[1]();
  assert.equal(await second, 4);
});

test("a run that fails does not stop the next one", async () => {
  let calls = 0;
  const call = oneAtATime(async () => {
    calls += 1;
    if (calls === 1) throw new Error("away");
    return calls;
  });
  const first = call();
  const second = call();
  await assert.rejects(first, /away/);
  assert.equal(await second, 2);
  assert.equal(await call(), 3);
});
