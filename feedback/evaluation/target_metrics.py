"""Everything that is measured of one contrast: rank, calibration, operating point, like pairs, curves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.numbers import Json, finite, measured, plain, with_interval
from feedback.evaluation.targets import Target
from registry.metrics.classification import average_precision, brier_score, calibration_error
from registry.metrics.curves import (
    calibration_bins,
    calibration_error_equal_width,
    calibration_noise,
    roc_points,
)
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import (
    Resamples,
    auc_interval,
    calibration_interval,
    like_pairs,
    like_pairs_interval,
    share_interval,
)
from registry.runtime.values import OperatingPoint

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 10
HISTOGRAM_BINS = 20
MOST_PAIRS = 40_000_000  # a table of all pairs has to fit into memory
LIKE_GREY = 10 / 255  # two films are alike when their mean grey values are this close, and the view is the same


@dataclass(frozen=True, slots=True)
class Sample:
    """What all contrasts of a set share.

    Attributes:
        resamples: over all films of the set. views: str (n,). greys: mean grey (n,), NaN for a file not decoded.
    """

    resamples: Resamples = field(repr=False)
    views: Sequence[str] = field(repr=False)
    greys: Floats = field(repr=False)

    def of(self, rows: NDArray[np.int64]) -> "Sample":
        """The same for some of the films."""
        return Sample(self.resamples.of(rows), [self.views[row] for row in rows], self.greys[rows])


def target_metrics(target: Target, sample: Sample) -> Json:
    """JSON of one contrast. Rank and calibration are over the films that were analysed; beside them stands what holds
    when every film that was not is counted against the version."""
    seen = sample.of(target.rows[target.analysed])
    present, scores = target.present[target.analysed], target.scores[target.analysed]
    found: Json = {
        "title": target.title,
        "n_positive": int(present.sum()),
        "n_negative": int((~present).sum()),
        "n_positive_not_analysed": int(target.present[~target.analysed].sum()),
        "n_negative_not_analysed": int((~target.present[~target.analysed]).sum()),
        "auc": with_interval(auc_interval(present, scores, seen.resamples)),
        "auc_counting_not_analysed_as_wrong": counted_against(target, sample),
        "average_precision": finite(average_precision(present, scores)),
        "like_pairs": like_pairs_metrics(present, scores, seen),
        "roc": [
            [finite(point.false_positive_rate), finite(point.sensitivity)] for point in roc_points(present, scores)
        ],
    }
    if target.probabilities is not None and target.raw_probabilities is not None:
        probabilities = target.probabilities[target.analysed]
        raw = target.raw_probabilities[target.analysed]
        found["calibration"] = calibration_metrics(present, probabilities, raw, seen.resamples)
        found["histogram"] = histogram(present, probabilities)
        if target.point is not None:
            found["operating_point"] = point_metrics(target, target.point, sample)
    return found


def counted_against(target: Target, sample: Sample) -> Json | None:
    """AUC when a positive that was not analysed ranks below everything and such a negative above everything."""
    scores = target.scores.copy()
    known = scores[target.analysed]
    scores[~target.analysed & target.present] = known.min() - 1
    scores[~target.analysed & ~target.present] = known.max() + 1
    return measured(lambda: auc_interval(target.present, scores, sample.of(target.rows).resamples))


def like_pairs_metrics(present: Flags, scores: Floats, sample: Sample) -> Json | None:
    """Over pairs of the same view whose mean grey differs by at most 10 of 255."""
    if int(present.sum()) * int((~present).sum()) > MOST_PAIRS:
        return None
    alike = like_pairs(present, sample.views, sample.greys, within=LIKE_GREY)
    try:
        interval, count = like_pairs_interval(present, scores, alike, sample.resamples)
    except SampleUnusable:
        return None
    return {**with_interval(interval), "n_pairs": count}


def calibration_metrics(present: Flags, probabilities: Floats, raw: Floats, resamples: Resamples) -> Json:
    """Errors before and after, the error that chance alone makes, and the bins of the plot."""
    return {
        "ece": with_interval(calibration_interval(present, probabilities, resamples, bins=BINS)),
        "ece_before": finite(calibration_error(present, raw, bins=BINS)),
        "ece_equal_width": finite(calibration_error_equal_width(present, probabilities, bins=BINS)),
        "ece_of_a_calibrated_model": finite(calibration_noise(probabilities, bins=BINS)),
        "brier": finite(brier_score(present, probabilities)),
        "bins": [
            [finite(b.predicted), finite(b.observed), finite(b.low), finite(b.high), b.n]
            for b in calibration_bins(present, probabilities, bins=BINS)
        ],
    }


def point_metrics(target: Target, point: OperatingPoint, sample: Sample) -> Json:
    """Rates at the stored threshold, as measured here and as they were where it was chosen.

    A film that was not analysed is no call: a positive counts as missed and a negative as not cleared in the
    second pair of rates.
    """
    assert target.probabilities is not None
    called = np.where(target.analysed, target.probabilities, 0.0) >= point.threshold
    everywhere = sample.of(target.rows).resamples
    positives, negatives = target.present, ~target.present
    return {
        "threshold": finite(point.threshold),
        "chosen_for": point.chosen_for,
        "sensitivity": _share(called, positives & target.analysed, everywhere),
        "specificity": _share(~called, negatives & target.analysed, everywhere),
        "sensitivity_counting_not_analysed_as_missed": _share(called & target.analysed, positives, everywhere),
        "specificity_counting_not_analysed_as_not_cleared": _share(~called & target.analysed, negatives, everywhere),
        "where_chosen": {
            "sensitivity": _stored(point.sensitivity, point.sensitivity_interval),
            "specificity": _stored(point.specificity, point.specificity_interval),
            "n_positive": point.n_positive,
            "n_negative": point.n_negative,
            "data_digest": point.data_digest,
        },
    }


def histogram(present: Flags, probabilities: Floats) -> Json:
    """Counts over 20 parts of [0, 1]."""
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    counts = (np.histogram(probabilities[flags], bins=edges)[0].tolist() for flags in (present, ~present))
    return dict(zip(("positive", "negative"), counts, strict=True))


def _share(flags: Flags, among: Flags, resamples: Resamples) -> Json:
    rows = np.flatnonzero(among)
    return measured(lambda: share_interval(flags[rows], resamples.of(rows))) or plain(None)


def _stored(value: float, interval: tuple[float, float]) -> Json:
    return {"value": finite(value), "low": finite(interval[0]), "high": finite(interval[1])}
