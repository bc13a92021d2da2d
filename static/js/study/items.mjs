/* Pure: findings of the models and reviews of the reader, as the lines of the rail and the boxes of the overlay. */

/**
 * The lines of one frame. A line is {key, kind, finding, review, label, modelLabel, probability, box, positive, verdict}.
 * kind: "model", or "added" for what the reader drew. The reader's label and box replace the model's in a correction.
 */
export function linesOf({ findings, reviews, instanceId, frame }) {
  const here = (one) => one.instance_id === instanceId && one.frame === frame;
  const byFinding = new Map(reviews.filter((review) => review.finding_id).map((review) => [review.finding_id, review]));
  const said = findings.filter(here).map((finding) => modelLine(finding, byFinding.get(finding.id) ?? null));
  const added = reviews.filter((review) => !review.finding_id && here(review)).map(addedLine);
  return [...said.sort(byWeight), ...added];
}

function modelLine(finding, review) {
  const corrected = review?.verdict === "corrected";
  return {
    key: finding.id,
    kind: "model",
    finding,
    review,
    label: corrected ? review.label : finding.label,
    modelLabel: finding.label,
    probability: finding.probability,
    box: corrected ? review.box : finding.box,
    boxIsMine: corrected && !sameBox(review.box, finding.box),
    positive: finding.positive,
    support: finding.support ?? "",
    verdict: review?.verdict ?? null,
  };
}

/** Whether the label that a finding's map explains is positive; of a joined finding that is the classifier's word. */
export function labelIsPositive(finding) {
  return finding.second ? finding.second.positive : finding.positive;
}

/** The key of the reader's own stays through its versions. */
function addedLine(review) {
  return {
    key: review.item_id ?? review.id,
    kind: "added",
    finding: null,
    review,
    label: review.label,
    modelLabel: null,
    probability: null,
    box: review.box,
    boxIsMine: true,
    positive: true,
    support: "",
    verdict: "added",
  };
}

export function sameBox(one, other) {
  if (!one || !other) return one === other;
  return ["left", "top", "right", "bottom"].every((side) => one[side] === other[side]);
}

function byWeight(one, other) {
  if (one.positive !== other.positive) return one.positive ? -1 : 1;
  return other.probability - one.probability;
}

/** What stands on the rail at once: positive or already judged. The rest is folded away. */
export function isUpFront(line) {
  return line.kind === "model" && (line.positive || line.verdict !== null);
}

/** The boxes of the overlay: what is up front or added, and whatever is chosen. */
export function boxesOf(lines, chosenKey, words, number = () => "") {
  return lines
    .filter((line) => line.box && (line.kind === "added" || isUpFront(line) || line.key === chosenKey))
    .map((line) => ({
      key: line.key,
      box: line.box,
      text: words(line),
      short: number(line),
      mine: line.boxIsMine || line.verdict === "corrected" || line.kind === "added",
      rejected: line.verdict === "rejected",
      unsupported: isUnsupported(line),
      below: !line.positive && line.verdict === null,
      selected: line.key === chosenKey,
    }));
}

/** A box of the model's that its label or its label's map does not support. */
function isUnsupported(line) {
  return line.support === "box_only" && !line.boxIsMine;
}

/** Positive labels that no box shows, and that no reader has given one: the outline of their map stands for it. */
export function unboxedOf(lines) {
  return lines.filter((line) => line.support === "map_only" && !line.box && line.finding.heatmap);
}

/** Which ways of drawing a finding the key must explain, in the order of its entries. */
export function kindsDrawn(boxes, outlines) {
  const solid = boxes.some((item) => !item.mine && !item.unsupported && !item.rejected && !item.below);
  const kinds = { both: solid, box_only: boxes.some((item) => item.unsupported && !item.rejected), map_only: outlines.length > 0 };
  return Object.keys(kinds).filter((kind) => kinds[kind]);
}

/** The finding whose heatmap belongs to a line: its own, else that of a classifier that says the same of this frame. */
export function heatmapOf(line, lines) {
  if (!line?.finding) return null;
  if (line.finding.heatmap) return line.finding;
  const twin = lines.find((other) => other.finding?.heatmap && other.modelLabel === line.modelLabel);
  return twin?.finding ?? null;
}

/** The frame to open first: where the strongest positive finding is, else the first frame of the first image. */
export function firstPlace(findings, instances) {
  const positive = findings.filter((finding) => finding.positive).sort((one, other) => other.probability - one.probability);
  const strongest = positive.find((finding) => instances.some((instance) => instance.id === finding.instance_id));
  if (strongest) return { instanceId: strongest.instance_id, frame: strongest.frame };
  return { instanceId: instances[0]?.id ?? null, frame: 0 };
}

/** How many positive findings lie on each frame: "instance:frame" -> number. */
export function positivesByPlace(findings) {
  const counts = new Map();
  for (const finding of findings.filter((one) => one.positive)) {
    const place = `${finding.instance_id}:${finding.frame}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

/** The next key after the chosen one, around the end; null when there is none. */
export function stepKey(keys, chosen, by) {
  if (!keys.length) return null;
  const at = keys.indexOf(chosen);
  if (at < 0) return by > 0 ? keys[0] : keys.at(-1);
  return keys[(at + by + keys.length) % keys.length];
}
