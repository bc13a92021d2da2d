"""Scores -> probabilities by the version's fitted calibration; the operating point decides what is positive."""

import numpy as np

from registry.runtime.values import Calibration, OperatingPoint

# A detector's score of exactly 0 or 1 has no finite logit; this is the resolution of float32 near 1.
SCORE_MARGIN = 1e-7


def probability_of_logit(logit: float, calibration: Calibration) -> float:
    """sigmoid((logit - bias) / temperature), in [0, 1]."""
    return _sigmoid((logit - calibration.bias) / calibration.temperature)


def probability_of_score(score: float, calibration: Calibration) -> float:
    """The same for a detector's score in [0, 1], whose logit is log(score / (1 - score))."""
    clipped = min(max(score, SCORE_MARGIN), 1.0 - SCORE_MARGIN)
    return probability_of_logit(float(np.log(clipped / (1.0 - clipped))), calibration)


def is_positive(probability: float, point: OperatingPoint | None) -> bool:
    """At or above the operating point; a label without one is never positive."""
    return point is not None and probability >= point.threshold


def _sigmoid(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value))) if value >= 0 else float(np.exp(value) / (1.0 + np.exp(value)))
