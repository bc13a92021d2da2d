import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

/* The browser, as little of it as the draft touches; and a server that keeps one draft like ours. */
const server = { content: null, tag: null, refused: null, down: false, puts: 0, status: null };
globalThis.addEventListener = () => {};
globalThis.document = { addEventListener() {}, cookie: "", hidden: false };
globalThis.BroadcastChannel = class {
  postMessage() {}
  close() {}
};
globalThis.fetch = async (path, { method, headers, body }) => {
  if (server.down) throw new TypeError("no connection");
  if (server.status) return answer(server.status, { code: "not_signed_in" });
  if (method === "PUT") return put(JSON.parse(body), (headers["If-Match"] ?? "").replaceAll('"', ""));
  if (method === "DELETE") return Object.assign(server, { content: null, tag: null }) && answer(204);
  return answer(200, { draft: server.content && { content: server.content, tag: server.tag, refused: server.refused } });
};
const { Draft } = await import("../../static/js/study/correct/draft.mjs");

function answer(status, body = {}) {
  return { ok: status < 300, status, json: async () => structuredClone(body), headers: { get: () => (server.tag ? `"${server.tag}"` : null) } };
}

function put({ content, settled }, tag) {
  server.puts += 1;
  if (server.content && tag !== server.tag) {
    server.refused = content;
    return answer(412, { code: "read_changed", details: { stored: server.content, refused: content, tag: server.tag } });
  }
  Object.assign(server, { content, tag: `t${server.puts}`, refused: settled ? null : server.refused });
  return answer(200, { tag: server.tag });
}

const content = (comment) => ({ schema: 1, study_version: 1, items: [{ key: "a", comment }] });
const page = (more = {}) => {
  const here = { content: null, states: [], restored: [] };
  here.draft = new Draft({
    studyId: "s",
    collect: () => here.content,
    onRestore: (given) => { here.content = given; here.restored.push(given); },
    onState: ({ state }) => here.states.push(state),
    ...more,
  });
  return here;
};
const pass = async (milliseconds) => {
  mock.timers.tick(milliseconds);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

beforeEach(() => {
  Object.assign(server, { content: null, tag: null, refused: null, down: false, puts: 0, status: null });
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

test("what is typed is kept within two seconds, once, and unchanged content is not sent again", async () => {
  const here = page();
  await here.draft.start();
  for (const words of ["a", "ab", "abc"]) {
    here.content = content(words);
    here.draft.touch();
    await pass(500);
  }
  assert.equal(server.puts, 0);
  await pass(500);
  assert.deepEqual([server.puts, server.content, here.states.at(-1)], [1, content("abc"), "saved"]);
  here.draft.touch();
  await pass(2000);
  assert.equal(server.puts, 1);
});

test("what was kept comes back when the page is opened again", async () => {
  Object.assign(server, { content: content("half a"), tag: "t0" });
  const here = page();
  await here.draft.start();
  assert.deepEqual([here.content, here.states], [content("half a"), ["saved"]]);
  here.content = content("half a word");
  here.draft.touch();
  await pass(2000);
  assert.deepEqual(server.content, content("half a word"));
});

test("a lost connection is survived: it is tried again until it is kept", async () => {
  const here = page();
  await here.draft.start();
  here.content = content("a");
  server.down = true;
  here.draft.touch();
  await pass(2000);
  assert.equal(here.states.at(-1), "offline");
  await pass(2000);
  server.down = false;
  await pass(4000);
  assert.deepEqual([server.content, here.states.at(-1)], [content("a"), "saved"]);
});

test("after a sign-out nothing is dropped: it is kept once the reader is signed in again", async () => {
  const here = page();
  await here.draft.start();
  here.content = content("a");
  server.status = 401;
  here.draft.touch();
  await pass(2000);
  assert.equal(here.states.at(-1), "signed_out");
  server.status = null;
  await pass(2000);
  assert.deepEqual(server.content, content("a"));
});

test("two tabs: the reader is asked, and what they choose is kept", async () => {
  Object.assign(server, { content: content("first"), tag: "t0" });
  const asked = [];
  const here = page({ onConflict: async (sides) => { asked.push(sides); return content("both"); } });
  await here.draft.start();
  Object.assign(server, { content: content("other tab"), tag: "t9" });
  here.content = content("mine");
  here.draft.touch();
  await pass(2000);
  assert.deepEqual(asked, [{ stored: content("other tab"), refused: content("mine"), tag: "t9" }].map(({ stored, refused }) => ({ stored, refused })));
  assert.deepEqual([server.content, server.refused, here.content], [content("both"), null, content("both")]);
});

test("while the choice is put off neither version is written over, and the reader is not asked again and again", async () => {
  Object.assign(server, { content: content("first"), tag: "t0" });
  let asked = 0;
  const here = page({ onConflict: async () => { asked += 1; return null; } });
  await here.draft.start();
  Object.assign(server, { content: content("other tab"), tag: "t9" });
  for (const words of ["mine", "mine too"]) {
    here.content = content(words);
    here.draft.touch();
    await pass(2000);
  }
  assert.deepEqual([server.content, server.refused, asked], [content("other tab"), content("mine too"), 1]);
  assert.equal(here.states.at(-1), "conflict");
  await here.draft.decide();
  assert.equal(asked, 2);
});

test("a choice that was left open is asked for when the study is opened again", async () => {
  Object.assign(server, { content: content("kept"), tag: "t0", refused: content("refused") });
  const here = page({ onConflict: async ({ refused }) => refused });
  await here.draft.start();
  assert.deepEqual([server.content, server.refused], [content("refused"), null]);
});

test("leaving for another study keeps what was there, not what is there next", async () => {
  const here = page();
  await here.draft.start();
  here.content = content("of this study");
  here.draft.touch();
  const stopping = here.draft.stop();
  here.content = null;
  await stopping;
  assert.deepEqual(server.content, content("of this study"));
});

test("what is sent or thrown away is forgotten on the server too", async () => {
  Object.assign(server, { content: content("a"), tag: "t0" });
  const here = page();
  await here.draft.start();
  here.content = null;
  here.draft.touch();
  await pass(2000);
  assert.deepEqual([server.content, here.states.at(-1)], [null, "none"]);
});
