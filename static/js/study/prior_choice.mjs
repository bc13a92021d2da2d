/* Pure: which earlier study goes with an image, and how it is called. */

import { caseType, moment } from "../words.mjs";

/** The prior and its image that go best with an image: same case type, then same view, then the newest. */
export function bestPrior(priors, { caseType: kind, view }) {
  const pairs = priors.flatMap((prior, age) => prior.instances.map((one) => ({ prior, one, age })));
  const weight = ({ prior, one, age }) => (prior.case_type === kind ? 0 : 1000) + (one.view_position === view ? 0 : 100) + age;
  const best = pairs.sort((left, right) => weight(left) - weight(right))[0];
  return best ? { prior: best.prior, instance: best.one } : null;
}

/** "20240301" -> "2024-03-01"; without a study date, the day it arrived. */
export function priorWords(prior) {
  const { study_date: date } = prior;
  const when = date ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}` : `arrived ${moment(prior.received_at)}`;
  return `${when} · ${caseType(prior.case_type)} · ${prior.site}`;
}
