"""Intervals of detection metrics: what finds what is decided once per frame, and resamples only weigh the frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from registry.metrics.bootstrap import Interval
from registry.metrics.detection import NEITHER, FrameDetections, match_findings
from registry.metrics.errors import SampleUnusable
from registry.metrics.figures import ratio
from registry.metrics.resampling import Resamples, percentile_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MatchedDetections:
    """Every prediction of a label, best score first, with the frame that it is on.

    Attributes:
        hits: bool (k,): it found a drawn box. frames: int (k,). drawn: int (n,): drawn boxes a frame.
    """

    scores: Floats = field(repr=False)
    hits: NDArray[np.bool_] = field(repr=False)
    frames: NDArray[np.int64] = field(repr=False)
    drawn: NDArray[np.int64] = field(repr=False)


def matched_detections(
    frames: Sequence[FrameDetections], *, overlap: float, most: int | None = None
) -> MatchedDetections:
    """Match every frame by itself (registry.metrics.detection.match_findings); what counts as neither is left out.

    Args:
        most: predictions of a frame that count, the best of them; None for all.
    Raises:
        SampleUnusable: no frame, or no drawn box.
    """
    drawn = np.array([len(np.reshape(frame.drawn, (-1, 4))) for frame in frames], dtype=np.int64)
    if not drawn.sum():
        raise SampleUnusable
    counted = frames if most is None else [best_of(frame, most) for frame in frames]
    scores = np.concatenate([frame.scores for frame in counted])
    found = np.concatenate([match_findings(frame, overlap=overlap) for frame in counted])
    places = np.repeat(np.arange(len(counted)), [len(frame.scores) for frame in counted])
    order = np.argsort(-scores, kind="stable")
    order = order[found[order] != NEITHER]
    return MatchedDetections(scores[order], found[order] >= 0, places[order], drawn)


def best_of(frame: FrameDetections, most: int) -> FrameDetections:
    """The frame with its `most` best predictions, best first."""
    kept = np.argsort(-frame.scores, kind="stable")[:most]
    return FrameDetections(np.reshape(frame.boxes, (-1, 4))[kept], frame.scores[kept], frame.drawn, frame.ignored)


def average_precision_interval(matched: MatchedDetections, resamples: Resamples) -> Interval:
    """Average precision as detection_average_precision, with its interval over resampled frames' groups."""
    last_of_tie = np.append(np.diff(matched.scores) != 0, True) if len(matched.scores) else np.zeros(0, bool)

    def of_weights(weights: Floats) -> float:
        drawn = float(weights @ matched.drawn)
        if drawn <= 0:
            return float("nan")
        taken = weights[matched.frames]
        found = np.cumsum(taken * matched.hits)[last_of_tie]
        every = np.cumsum(taken)[last_of_tie]
        precision = np.divide(found, every, out=np.zeros_like(found), where=every > 0)
        return float((np.diff(found, prepend=0.0) * precision).sum() / drawn)

    estimate = of_weights(np.ones(len(matched.drawn)))
    values = np.array([of_weights(row.astype(np.float64)) for row in resamples.weights])
    return percentile_interval(estimate, values, level=resamples.level)


def boxes_at(matched: MatchedDetections, resamples: Resamples, *, threshold: float) -> tuple[Interval, Interval]:
    """(share of drawn boxes found, false boxes per frame) of predictions at or above a score, with intervals."""
    kept = matched.scores >= threshold
    n = len(matched.drawn)
    found = np.bincount(matched.frames[kept & matched.hits], minlength=n).astype(np.float64)
    false = np.bincount(matched.frames[kept & ~matched.hits], minlength=n).astype(np.float64)
    weights = resamples.weights.astype(np.float64)
    shares = ratio(weights @ found, weights @ matched.drawn)
    return (
        percentile_interval(float(found.sum() / matched.drawn.sum()), shares, level=resamples.level),
        percentile_interval(float(false.mean()), ratio(weights @ false, weights.sum(axis=1)), level=resamples.level),
    )
