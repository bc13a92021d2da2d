"""The rule that tells a negative in front of the guard: one for films of every kind, whichever way up they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from feedback.learning.folds import grouped_folds
from feedback.learning.frames import frame_grey
from feedback.learning.guard.samples import TURNED_KINDS, reduced
from feedback.learning.labelled_sets import LabelledImage
from imaging.pipeline.preprocess import InversionRule, photometric_statistics

Statistics = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedPolarity:
    """The rule, and by kind the shares of left-out positives left alone and of left-out negatives turned over."""

    rule: InversionRule
    left_alone: dict[str, float]
    turned_over: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Row:
    """One film, one way up."""

    kind: str
    group: str
    statistics: Statistics


def fit_polarity(films: Mapping[str, Sequence[LabelledImage]], *, kept: float, folds: int, seed: int) -> FittedPolarity:
    """Fitted on every train film as it is, on those that have a way up also turned.

    Args:
        films: kind -> train films. kept: share of positives that the threshold leaves alone, out of fold.
    """
    rows = [row for kind, images in films.items() for image in images for row in _rows(kind, image)]
    statistics = np.stack([row.statistics for row in rows])
    kinds, groups = np.array([row.kind for row in rows]), [f"{row.kind}/{row.group}" for row in rows]
    scores = np.empty(len(rows))
    for fitted_on, left_out in grouped_folds(groups, kinds.tolist(), folds=folds, seed=seed):
        scores[left_out] = statistics[left_out] @ _weights(statistics[fitted_on])
    threshold = max(0.0, float(np.quantile(scores, kept)))
    return FittedPolarity(
        rule=InversionRule(tuple(map(float, _weights(statistics))), threshold),
        left_alone={kind: float((scores[kinds == kind] <= threshold).mean()) for kind in films},
        turned_over={kind: float((-scores[kinds == kind] > threshold).mean()) for kind in films},
    )


def _rows(kind: str, image: LabelledImage) -> list[_Row]:
    grey = reduced(frame_grey(image.path))
    ways = range(4) if kind in TURNED_KINDS else range(1)
    return [
        _Row(kind, image.group, photometric_statistics(np.ascontiguousarray(np.rot90(grey, turns)))) for turns in ways
    ]


def _weights(statistics: Statistics) -> Statistics:
    """Negatives have the opposite statistics, so there is no intercept."""
    both, is_negative = np.concatenate([statistics, -statistics]), np.repeat([0, 1], len(statistics))
    scale = np.abs(statistics).mean(axis=0) + 1e-6
    fitted = LogisticRegression(fit_intercept=False, C=10.0, max_iter=1000).fit(both / scale, is_negative)
    return np.asarray(fitted.coef_[0] / scale)
