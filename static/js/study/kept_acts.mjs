/* Acts that could not be sent, kept for a reload: ids, codes, versions, a time; no word, nothing of a patient. Pure. */

const STORED = "second-reader.unsent";
const MOST = 50;
const ACTS = ["confirm", "sign", "undo", "commit", "second", "confirmed", "rejected", "removed", "corrected", "added"];
const id = (value) => /^[0-9a-f-]{36}$/.test(value);
const code = (value) => /^[a-z0-9._-]{1,64}$/.test(value);
const FIELDS = {
  studyId: id,
  findingId: id,
  reviewId: id,
  tag: code,
  reason: code,
  impression: code,
  version: Number.isInteger,
  at: Number.isInteger,
  more: (value) => value === true,
};

/** What of an act may be kept, or null. `more`: it held words or a box, which are not kept here. */
export function recordOf(given) {
  if (!ACTS.includes(given?.act)) return null;
  const record = { act: given.act };
  for (const [name, fits] of Object.entries(FIELDS)) if (fits(given[name] ?? "")) record[name] = given[name];
  return record.studyId ? record : null;
}

/** The same for the same act on the same thing: a newer one takes the place of an older one. */
export function keyOf({ act, studyId, findingId, reviewId, label }) {
  return [act, studyId, findingId ?? reviewId ?? label].filter(Boolean).join(" ");
}

export class KeptActs {
  /** storage: like sessionStorage; readerId: whose acts they are. What another reader left is forgotten. */
  constructor(storage, readerId) {
    Object.assign(this, { storage, readerId });
  }

  load() {
    try {
      const { reader, acts } = JSON.parse(this.storage.getItem(STORED));
      if (reader === this.readerId) return acts.map(recordOf).filter(Boolean);
    } catch {
      // nothing, or nothing of ours
    }
    this.save([]);
    return [];
  }

  save(records) {
    try {
      if (!records.length) this.storage.removeItem(STORED);
      else this.storage.setItem(STORED, JSON.stringify({ reader: this.readerId, acts: records.slice(-MOST) }));
    } catch {
      // no room: it stands in the page, as long as that is open
    }
  }
}
