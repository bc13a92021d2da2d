/* Pure: what an empty list says, and what it offers to do about it. */

const LANES = {
  to_read: ["Nothing waits to be read", "What comes in appears here by itself."],
  mine: ["You have nothing begun", "A study that you correct and do not sign yet waits here for you."],
  second_reads: ["No second read is asked of you", "Press 3 on a study to ask a colleague for theirs; samples come by themselves where your site draws them."],
  disagree: ["Nobody disagrees", "Studies come here when readers, or a reader and a model, say different things of the same film."],
  administrative: ["No image needs attention", "Unreadable files, wrong views and failed analyses wait here with what to do about each."],
  claims: ["No claim waits to be read", "Add images with a claim number, and they are grouped under it here and on the Claims page."],
  read_today: ["Nothing was signed today", "What you and your colleagues sign appears here until midnight (UTC)."],
  all: ["No study yet", "Drop DICOM, PNG or JPEG images anywhere on this page."],
};
const FIRST = {
  title: "No studies yet",
  text: "Drop DICOM, PNG or JPEG images anywhere on this page, or add a synthetic sample to look around. They appear here as they are analysed.",
};

/** @returns {title, text, offers: some of "upload", "sample", "filters", "to_read"} in the order of usefulness */
export function emptyWords({ lane, filtered, nothingAtAll, mayUpload }) {
  if (nothingAtAll) return { ...FIRST, offers: mayUpload ? ["upload", "sample"] : [] };
  if (filtered) {
    return { title: "Nothing here under these filters", text: "Take one away, or all of them.", offers: ["filters"] };
  }
  const [title, text] = LANES[lane] ?? LANES.all;
  const offers = lane === "to_read" ? (mayUpload ? ["upload", "sample"] : []) : ["to_read"];
  return { title, text, offers };
}
