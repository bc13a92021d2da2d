"""The rule over several findings has the rates of the whole rule."""

import numpy as np

from feedback.learning.any_finding import any_finding_triage
from feedback.learning.recipes.dental import PANORAMIC_TRIAGE
from tests.registry.runtime.artefact_samples import POINT

LABELS = ("caries", "impacted_tooth", "restoration")


def test_its_rates_count_a_film_whose_own_label_reached_its_own_point() -> None:
    points = dict.fromkeys(LABELS, POINT)  # all at .5
    probabilities = np.array([[0.9, 0.1, 0.9], [0.1, 0.6, 0.1], [0.2, 0.2, 0.9], [0.2, 0.7, 0.1], [0.1, 0.1, 0.1]])
    present = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]], bool)
    rule = any_finding_triage(PANORAMIC_TRIAGE, LABELS, probabilities, present, points, list("abcde"), "0" * 64)
    assert rule.urgent is None and rule.labels == ("caries", "impacted_tooth")
    assert rule.flagged.sensitivity == 2 / 3 and rule.flagged.specificity == 1 / 2
    assert rule.flagged.threshold == 0.5 and (rule.flagged.n_positive, rule.flagged.n_negative) == (3, 2)
