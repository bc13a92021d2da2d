"""Average precision as COCO takes it, and the FROC curve, for every resample at once.

What finds what is decided once a frame. After that only hits matter: precision is highest, and a threshold worth
choosing lies, at a hit. So for every hit and resample two numbers are enough: hits so far, and false boxes so far. The
second is a sparse product of false boxes (a row a hit, a column a frame) and the frames' weights.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from registry.metrics.detection import FrameDetections
from registry.metrics.detection_resampling import MatchedDetections, matched_detections
from registry.metrics.errors import SampleUnusable
from registry.metrics.figures import Figure, ratio
from registry.metrics.resampling import VALUES_AT_ONCE, Resamples

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

COCO_OVERLAPS: tuple[float, ...] = tuple(np.linspace(0.5, 0.95, 10).tolist())
COCO_RECALLS = np.linspace(0.0, 1.0, 101)
COCO_MOST_BOXES = 100  # predictions of a frame and label that count
FROC_RATES = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)  # false boxes a frame
ROUNDING = 1e-9


def coco_average_precision(matched: MatchedDetections, resamples: Resamples) -> Figure:
    """Mean over 101 recalls from 0 to 1 of the best precision at that recall or beyond; in [0, 1].

    A resample that draws no frame with a drawn box gives NaN.

    Args:
        matched: of one label at one overlap, with COCO_MOST_BOXES a frame at most.
        resamples: a column a frame.
    Raises:
        SampleUnusable: resamples of another length.
    Source: COCOeval.accumulate of pycocotools, with which the tests compare. Equal scores are ranked in the order of
    the frames, as there.
    """
    false_rows = np.searchsorted(np.flatnonzero(matched.hits), np.flatnonzero(~matched.hits))

    def of_weights(weights: Floats) -> Floats:
        found = _found_so_far(matched, weights)
        best = _best_from_here(found, _false_so_far(matched, false_rows, weights))
        reached = np.searchsorted(COCO_RECALLS, _recalls(matched, found, weights), side="right")
        gained = np.diff(reached, axis=0, prepend=np.zeros((1, len(weights)), reached.dtype))
        return np.where(weights @ matched.drawn > 0, (best * gained).sum(axis=0) / len(COCO_RECALLS), np.nan)

    return _figure(of_weights, matched, resamples)


def coco_average_precision_of(frames: Sequence[FrameDetections], *, overlap: float) -> float:
    """coco_average_precision of a sample, without intervals. Raises SampleUnusable: no drawn box."""
    return coco_average_precision(
        matched_detections(frames, overlap=overlap, most=COCO_MOST_BOXES), _sample_only(len(frames))
    ).estimate


def recall_of(frames: Sequence[FrameDetections], *, rate: float, overlap: float) -> float:
    """recalls_at of a sample at one rate, without intervals. Raises SampleUnusable: no drawn box."""
    return _recall_at(matched_detections(frames, overlap=overlap), _sample_only(len(frames)), rate).estimate


def precision_curve(matched: MatchedDetections) -> tuple[float, ...]:
    """The best precision at each of COCO_RECALLS or beyond: what coco_average_precision is the mean of."""
    weights = np.ones((1, len(matched.drawn)))
    false_rows = np.searchsorted(np.flatnonzero(matched.hits), np.flatnonzero(~matched.hits))
    found = _found_so_far(matched, weights)
    best = np.append(_best_from_here(found, _false_so_far(matched, false_rows, weights))[:, 0], 0.0)
    places = np.searchsorted(_recalls(matched, found, weights)[:, 0], COCO_RECALLS)
    return tuple(float(value) for value in best[places])


def recalls_at(matched: MatchedDetections, resamples: Resamples, rates: Sequence[float]) -> tuple[Figure, ...]:
    """Share of drawn boxes found at the lowest threshold with at most so many false boxes a frame; one a rate.

    Every resample chooses its own threshold. Equal scores stand or fall together; nothing is interpolated.

    Args:
        rates: false boxes a frame, above 0.
    Raises:
        SampleUnusable: resamples of another length.
    Source: FROC as Chakraborty 1989; the rates 1/8 to 8 are those of LUNA16 (Setio et al. 2017).
    """
    return tuple(_recall_at(matched, resamples, rate) for rate in rates)


def froc_curve(matched: MatchedDetections, rates: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """(false boxes a frame, share of drawn boxes found) at the rates asked for."""
    once = _sample_only(len(matched.drawn))
    return tuple((rate, _recall_at(matched, once, rate).estimate) for rate in rates)


def _sample_only(n: int) -> Resamples:
    return Resamples(np.ones((1, n), np.uint16))


def _recall_at(matched: MatchedDetections, resamples: Resamples, rate: float) -> Figure:
    hits = matched.scores[matched.hits]
    last_of_tie = np.append(np.diff(hits) != 0, True)[: len(hits)]
    false_rows = np.searchsorted(-hits, -matched.scores[~matched.hits])  # the first hit that scores no better

    def of_weights(weights: Floats) -> Floats:
        found = _found_so_far(matched, weights)[last_of_tie]
        false = _false_so_far(matched, false_rows, weights)[last_of_tie]
        allowed = false <= rate * weights.sum(axis=1) + ROUNDING
        return ratio(np.where(allowed, found, 0.0).max(axis=0, initial=0.0), weights @ matched.drawn)

    return _figure(of_weights, matched, resamples)


def _found_so_far(matched: MatchedDetections, weights: Floats) -> Floats:
    """(hits, resamples): drawn boxes found by this hit and those ranked before it."""
    return np.asarray(np.cumsum(weights.T[matched.frames[matched.hits]], axis=0))


def _false_so_far(matched: MatchedDetections, rows: Indices, weights: Floats) -> Floats:
    """(hits, resamples): false boxes that count at this hit; `rows`: for each false box the first hit it counts at."""
    n_hits, kept = int(matched.hits.sum()), rows < int(matched.hits.sum())
    frames = matched.frames[~matched.hits][kept]
    new = csr_array((np.ones(len(frames)), (rows[kept], frames)), shape=(n_hits, len(matched.drawn)))
    return np.asarray(np.cumsum(new @ np.ascontiguousarray(weights.T), axis=0))


def _recalls(matched: MatchedDetections, found: Floats, weights: Floats) -> Floats:
    drawn = weights @ matched.drawn
    return found / np.where(drawn > 0, drawn, 1.0)


def _best_from_here(found: Floats, false: Floats) -> Floats:
    """(hits, resamples): the best precision at this hit or a later one."""
    taken = found + false
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return np.asarray(np.maximum.accumulate(precision[::-1], axis=0)[::-1])


def _figure(of_weights: Callable[[Floats], Floats], matched: MatchedDetections, resamples: Resamples) -> Figure:
    """The metric on the sample, and on its resamples in blocks that fit into memory."""
    n = len(matched.drawn)
    if resamples.n != n:
        raise SampleUnusable
    count = max(1, VALUES_AT_ONCE // max(n, int(matched.hits.sum())))
    blocks = (resamples.weights[start : start + count] for start in range(0, len(resamples.weights), count))
    draws = np.concatenate([of_weights(block.astype(np.float64)) for block in blocks])
    return Figure(float(of_weights(np.ones((1, n)))[0]), draws)
