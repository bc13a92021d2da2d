/* What the study page knows: the study, its findings, the reads, the pictures; and the next study, fetched ahead. */

import { getBitmap, getJson } from "../api.mjs";
import { wantedQuery } from "../rows.mjs";
import { firstPlace } from "./items.mjs";

const REMEMBERED_LIST = "second-reader.worklist";
const KEPT_STUDIES = 3;

export const frameUrl = (instanceId, frame) => `/api/instances/${instanceId}/frames/${frame}/`;
/** Of a finding below its operating point the server draws an outline unless the map itself is asked for. */
export const outlineUrl = (findingId) => `/api/findings/${findingId}/heatmap/?shape=outline`;
export const heatmapUrl = (findingId, { below = false } = {}) => `/api/findings/${findingId}/heatmap/${below ? "?below=show" : ""}`;

/** The lane and filters that the reader came from; no patient data. */
export function listWanted() {
  let wanted = {};
  try {
    wanted = JSON.parse(sessionStorage.getItem(REMEMBERED_LIST)) || {};
  } catch {
    wanted = {};
  }
  return { lane: wanted.lane || "to_read", caseType: wanted.caseType || "", site: wanted.site || "" };
}

/** Pictures by address, each asked for once; those of the last few studies stay. */
export class Pictures {
  constructor() {
    this.byStudy = new Map();
  }

  get(studyId, url) {
    const known = this.byStudy.get(studyId) ?? new Map();
    this.byStudy.delete(studyId);
    this.byStudy.set(studyId, known);
    if (!known.has(url)) {
      const asked = getBitmap(url);
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

/** Everything the page shows of one study, from three audited answers. */
export async function loadStudy(studyId, { background = false } = {}) {
  const base = `/api/studies/${studyId}/`;
  const [study, findings, reviews] = await Promise.all([
    getJson(base, { background }),
    getJson(`${base}findings/`, { background }),
    getJson(`${base}reviews/`, { background }),
  ]);
  return { study, findings, labels: reviews.labels, reads: reviews.reads };
}

/** The study after this one in the list the reader came from, and how many are in it. */
export function loadNext(studyId) {
  return getJson(`/api/worklist/next/?${wantedQuery({ ...listWanted(), after: studyId })}`);
}

/** The next study with its first picture, held ready. */
export class Ahead {
  constructor(pictures) {
    this.pictures = pictures;
    this.held = null;
  }

  /** sequence: the last event heard of before now; whoever opens the held study asks what came after it. */
  async prepare(studyId, sequence) {
    const answer = await loadNext(studyId);
    const next = answer.next;
    if (!next) {
      this.held = null;
      return answer;
    }
    if (this.held?.id !== next.id || this.held.version !== next.version) {
      this.held = { id: next.id, version: next.version, sequence, loaded: loadStudy(next.id) };
      this.held.loaded.then((loaded) => this.picture(loaded), () => { this.held = null; });
    }
    return answer;
  }

  picture({ study, findings }) {
    const place = firstPlace(findings, study.instances);
    if (place.instanceId) this.pictures.get(study.id, frameUrl(place.instanceId, place.frame)).catch(() => {});
    const first = findings.find((finding) => finding.positive && finding.heatmap);
    if (first) this.pictures.get(study.id, heatmapUrl(first.id)).catch(() => {});
  }

  /** Gives what is held for a study, once. */
  take(studyId) {
    const held = this.held?.id === studyId ? this.held : null;
    if (held) this.held = null;
    return held;
  }
}
