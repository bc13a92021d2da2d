import assert from "node:assert/strict";
import { test } from "node:test";

import { Kept, Samples, bound, reduced, unpacked } from "../../static/js/viewer/samples.mjs";

const about = (more) => ({ rows: 2, columns: 3, type: "u2", packing: "none", ...more });
const answer = (given, bytes) => ({ ok: true, headers: { get: () => JSON.stringify(given) }, arrayBuffer: async () => Uint8Array.from(bytes).buffer });

test("16-bit samples are read low byte first", () => {
  const bytes = [1, 0, 2, 0, 0, 1, 255, 255, 0, 128, 7, 0];
  assert.deepEqual([...unpacked(about(), Uint8Array.from(bytes).buffer)], [1, 2, 256, 65535, 32768, 7]);
});

test("packed samples are summed from differences, low bytes before high bytes", () => {
  const rows = [[500, 499, 65535], [0, 256, 255]];
  const differences = rows.flatMap((row) => row.map((value, at) => (value - (at ? row[at - 1] : 0) + 65536) % 65536));
  const bytes = [...differences.map((value) => value & 255), ...differences.map((value) => value >> 8)];
  assert.deepEqual([...unpacked(about({ packing: "planes" }), Uint8Array.from(bytes).buffer)], rows.flat());
});

test("packed colour comes back interleaved", () => {
  const bytes = [10, 1, 1, 10, 1, 1, 20, 2, 2, 20, 2, 2, 30, 3, 3, 30, 3, 3];
  const found = unpacked(about({ type: "rgb8", packing: "planes" }), Uint8Array.from(bytes).buffer);
  assert.deepEqual([...found.slice(0, 9)], [10, 20, 30, 11, 22, 33, 12, 24, 36]);
});

test("an image that did not arrive whole is refused", () => {
  assert.throws(() => unpacked(about(), new ArrayBuffer(11)), /did not arrive whole/);
});

test("a reduced picture holds the mean of every block, also of those that the edges cut", () => {
  const data = Uint16Array.from([1, 3, 100, 5, 7, 200, 10, 20, 65535]);
  const small = reduced(data, 3, 3, 1, { x: 2, y: 2 });
  assert.deepEqual([small.rows, small.columns, [...small.data]], [2, 2, [4, 150, 15, 65535]]);
  const colour = reduced(Uint8Array.from([0, 10, 20, 10, 20, 30, 50, 60, 70]), 1, 3, 3, { x: 2, y: 2 });
  assert.deepEqual([...colour.data], [5, 15, 25, 50, 60, 70]);
  const flat = reduced(data, 3, 3, 1, { x: 1, y: 3 });
  assert.deepEqual([flat.rows, flat.columns, [...flat.data]], [1, 3, [5, 10, 21945]]);
});

test("the longest unused go first when the bound is passed, and each is made once", async () => {
  const kept = new Kept(100);
  let made = 0;
  const get = (key) => kept.get(key, async () => ({ key, bytes: 40, turn: (made += 1) }));
  await get("a");
  await get("b");
  await get("a");
  await get("c");
  assert.deepEqual([kept.has("a"), kept.has("b"), kept.has("c"), kept.bytes, made], [true, false, true, 80, 3]);
});

test("one frame larger than the bound is still shown", async () => {
  const kept = new Kept(10);
  await kept.get("a", async () => ({ bytes: 40 }));
  assert.equal(kept.has("a"), true);
});

test("what failed is asked for again", async () => {
  let asked = 0;
  const samples = new Samples({ fetcher: async () => { asked += 1; if (asked === 1) throw new TypeError("no network"); return answer(about({ type: "u1" }), [1, 2, 3, 4, 5, 6]); } });
  await assert.rejects(samples.get("i", 0), /cannot be reached/);
  assert.deepEqual([...(await samples.get("i", 0)).data], [1, 2, 3, 4, 5, 6]);
  samples.forget("i");
  assert.equal(samples.has("i", 0), false);
});

test("the bound follows the memory of the machine", () => {
  assert.equal(bound(1), 256 * 1024 * 1024);
  assert.equal(bound(undefined), 384 * 1024 * 1024);
});
