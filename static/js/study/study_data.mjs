/* What the page asks the server for: a study with its findings and reads, the hand, the priors; and pictures, each once. */

import { getBitmap, getJson, postJson } from "../api.mjs";

const REMEMBERED_LIST = "second-reader.worklist";
const KEPT_STUDIES = 8;

/** Of a finding below its operating point the server draws an outline unless the map itself is asked for. */
export const outlineUrl = (findingId) => `/api/findings/${findingId}/heatmap/?shape=outline`;
export const heatmapUrl = (findingId, { below = false } = {}) => `/api/findings/${findingId}/heatmap/${below ? "?below=show" : ""}`;

/** The lane and filters that the reader came from; no patient data. */
export function listWanted() {
  try {
    return JSON.parse(sessionStorage.getItem(REMEMBERED_LIST)) || {};
  } catch {
    return {};
  }
}

/** Everything the page shows of one study, from three audited answers. */
export async function loadStudy(studyId, { background = false } = {}) {
  const base = `/api/studies/${studyId}/`;
  const [study, said, reviews] = await Promise.all([
    getJson(base, { background }),
    getJson(`${base}findings/`, { background }),
    getJson(`${base}reviews/`, { background }),
  ]);
  const findings = Array.isArray(said) ? said : said.findings ?? [];
  return { study, findings, withheld: study.withheld || said.withheld || "", vocabulary: reviews.vocabulary ?? {}, labels: reviews.labels, reads: reviews.reads, tag: reviews.read_tag ?? null };
}

export function loadPriors(studyId) {
  return getJson(`/api/studies/${studyId}/priors/`, { background: true });
}

/** The studies that are this reader's to read next, leased to them: {waiting, hand: [row]}. */
export function takeHand(body) {
  return postJson("/api/worklist/hand/", body, { background: true });
}

/** For whoever looks and does not read: the list itself, nothing leased. */
export async function loadList() {
  const { results } = await getJson(`/api/worklist/?${new URLSearchParams(listWanted())}`, { background: true });
  return { hand: results };
}

/** Pictures by address, each asked for once; those of the last few studies stay. */
export class Pictures {
  constructor() {
    this.byStudy = new Map();
  }

  get(studyId, url, { background = false } = {}) {
    const known = this.byStudy.get(studyId) ?? new Map();
    this.byStudy.delete(studyId);
    this.byStudy.set(studyId, known);
    if (!known.has(url)) {
      const asked = getBitmap(url, { background });
      asked.catch(() => known.delete(url));
      known.set(url, asked);
    }
    this.forgetOldest();
    return known.get(url);
  }

  forget(studyId) {
    for (const asked of this.byStudy.get(studyId)?.values() ?? []) asked.then((bitmap) => bitmap.close(), () => {});
    this.byStudy.delete(studyId);
  }

  forgetOldest() {
    while (this.byStudy.size > KEPT_STUDIES) this.forget(this.byStudy.keys().next().value);
  }
}
