"""The triage rule over several findings: flagged when one reaches its own operating point; measured out of fold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from feedback.learning.calibration import measured_point
from feedback.learning.recipes.values import TriageRule
from registry.runtime.values import OperatingPoint, TriageSpec


def any_finding_triage(
    rule: TriageRule,
    labels: Sequence[str],
    probabilities: NDArray[np.float64],
    present: NDArray[np.bool_],
    points: Mapping[str, OperatingPoint],
    groups: Sequence[str],
    data_digest: str,
) -> TriageSpec:
    """Its rates are the whole rule's; its threshold is the lowest of the labels'.

    Args:
        probabilities, present: (n, L), of images annotated for all of the rule's labels.
    """
    columns = [labels.index(label) for label in rule.labels]
    thresholds = np.array([points[label].threshold for label in rule.labels])
    reached = np.asarray((probabilities[:, columns] >= thresholds).any(axis=1), dtype=np.float64)
    any_present = np.asarray(present[:, columns].any(axis=1), dtype=bool)
    phrase = f"the operating points of {' and '.join(rule.labels)}, out of fold on train"
    measured = measured_point(any_present, reached, groups, 0.5, data_digest, phrase)
    flagged = replace(measured, threshold=float(thresholds.min()))
    return TriageSpec(rule.kind, 1.0, None, None, flagged, rule.sentence_source, rule.labels)
