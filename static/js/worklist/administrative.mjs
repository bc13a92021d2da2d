/* Pure: what is to be done with an image that no reader may judge as it is, by the code of the refusal. */

const NEW_EXPORT = "ask for a new export of the film, then send it in";
const DO = {
  colour: "send the film itself, or delete the study",
  not_a_radiograph: "send the film itself, or delete the study",
  cropped: "send the whole film",
  extreme_aspect: "send the whole film",
  wrong_body_part: "open it and set the right case type, or send the right film",
  orientation_unclear: "send it upright",
  blank: NEW_EXPORT,
  few_grey_values: NEW_EXPORT,
  not_finite: NEW_EXPORT,
  overexposed: "ask for another exposure",
  underexposed: "ask for another exposure",
  too_small: "send the film in its full size",
};

const OTHERWISE = "open it and run the models again; read it without them if that fails";

/** @returns {act, fact}: the server's reason is "code: fact; what to do"; the act is its own, or the code's */
export function administrativeWords(row) {
  const [, code, words] = /^(?:([a-z_]+): )?(.*)$/s.exec(row.analysis_reason || "");
  const [fact, act] = words.split("; ");
  const first = act || DO[code] || OTHERWISE;
  return { act: first[0].toUpperCase() + first.slice(1), fact: fact || row.why_here };
}
