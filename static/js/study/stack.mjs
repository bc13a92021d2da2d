/* Pure: which frames are leafed through as one. Slices of a series are one stack, however many files they came in. */

const SLICED = new Set(["CT", "MR", "PT", "NM"]);

const framesOf = (instance) => Array.from({ length: instance.frames }, (_, frame) => ({ instance, frame }));

/** Of slices: of one series, equally large. Of anything else an image is a stack by itself. */
function together(one, other) {
  if (one.id === other.id) return true;
  const sliced = SLICED.has(one.modality) && one.modality === other.modality;
  return sliced && one.series_id === other.series_id && one.rows === other.rows && one.columns === other.columns;
}

/** The stack that an image belongs to: [{instance, frame}], in the order of the study. */
export function stackOf(instances, instanceId) {
  const here = instances.find((one) => one.id === instanceId);
  return here ? instances.filter((one) => together(here, one)).flatMap(framesOf) : [];
}

/** Every stack of a study, in the order of their first images. */
export function stacksOf(instances) {
  const firsts = instances.filter((one, index) => !instances.slice(0, index).some((before) => together(one, before)));
  return firsts.map((one) => stackOf(instances, one.id));
}

/** Where a place {instanceId, frame} lies in a stack; -1 when it does not. */
export function positionIn(stack, place) {
  return stack.findIndex(({ instance, frame }) => instance.id === place.instanceId && frame === place.frame);
}

/** The places around one, the nearest first, one on and one back in turn; never more than `most`. */
export function around(stack, position, most) {
  const near = [];
  for (let by = 1; by < stack.length && near.length < most; by += 1) {
    for (const at of [position + by, position - by]) if (stack[at] && near.length < most) near.push(stack[at]);
  }
  return near;
}
