/* Pure: two versions of one draft, item by item. */

/** Text that is the same for the same content, whatever the order of its keys. */
export function canonical(content) {
  if (Array.isArray(content)) return `[${content.map(canonical).join(",")}]`;
  if (content === null || typeof content !== "object") return JSON.stringify(content ?? null);
  const keys = Object.keys(content).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(content[key])}`).join(",")}}`;
}

/** [{key, mine, theirs, kind}]: theirs is what is kept, mine what this tab holds. */
export function draftPairs(stored, refused) {
  const theirs = new Map((stored?.items ?? []).map((item) => [item.key, item]));
  const mine = new Map((refused?.items ?? []).map((item) => [item.key, item]));
  return [...new Set([...mine.keys(), ...theirs.keys()])].map((key) => {
    const [one, other] = [mine.get(key) ?? null, theirs.get(key) ?? null];
    return { key, mine: one, theirs: other, kind: kindOf(one, other) };
  });
}

function kindOf(mine, theirs) {
  if (!mine) return "theirs_only";
  if (!theirs) return "mine_only";
  return canonical(mine) === canonical(theirs) ? "same" : "differ";
}

/** One content from two and the choices {key: "mine" | "theirs"}; what is only on one side stays unless it is dropped. */
export function draftMerged(stored, refused, choices) {
  const items = [];
  for (const pair of draftPairs(stored, refused)) {
    const item = choices[pair.key] === "theirs" ? pair.theirs : choices[pair.key] === "mine" ? pair.mine : (pair.mine ?? pair.theirs);
    if (item) items.push(item);
  }
  return { ...(refused ?? stored), items };
}

/** The pause before try n (0, 1, ...) after a lost connection, ms. */
export function retryAfter(attempt) {
  return Math.min(15000, 2000 * 2 ** attempt);
}
