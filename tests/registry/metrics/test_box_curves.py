"""COCO's average precision against pycocotools, and every resampled figure against the repeated films themselves."""

import time

import numpy as np
import pytest

from registry.metrics.box_curves import (
    COCO_MOST_BOXES,
    COCO_OVERLAPS,
    COCO_RECALLS,
    FROC_RATES,
    coco_average_precision,
    coco_average_precision_of,
    froc_curve,
    precision_curve,
    recall_of,
    recalls_at,
)
from registry.metrics.detection import FrameDetections, froc
from registry.metrics.detection_resampling import MatchedDetections, matched_detections
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import Resamples, resamples_of
from tests.registry.metrics.coco_samples import LABELS, average_precision_of_pycocotools, made_films


def once(n: int) -> Resamples:
    return Resamples(np.ones((1, n), np.uint16))


def matched_at(frames: list[FrameDetections], overlap: float) -> MatchedDetections:
    return matched_detections(frames, overlap=overlap, most=COCO_MOST_BOXES)


def average_precision(frames: list[FrameDetections], overlap: float) -> float:
    return coco_average_precision_of(frames, overlap=overlap)


@pytest.mark.parametrize("seed", range(8))
def test_average_precision_is_that_of_pycocotools(seed: int) -> None:
    """Ties, crowds, more than a hundred boxes on a film, films without boxes, films not annotated for a label."""
    films = made_films(seed, digits=1 + seed % 3)
    for label in LABELS:
        frames = films.of(label)
        expected = average_precision_of_pycocotools(frames)
        found = {round(overlap, 2): average_precision(frames, overlap) for overlap in COCO_OVERLAPS}
        assert found == pytest.approx(expected, abs=1e-12)
        assert 0 < found[0.5] < 1


def test_the_precision_curve_is_what_average_precision_is_the_mean_of() -> None:
    frames = made_films(3).of("caries")
    curve = precision_curve(matched_at(frames, 0.5))
    assert len(curve) == len(COCO_RECALLS) and list(curve) == sorted(curve, reverse=True)
    assert np.mean(curve) == pytest.approx(average_precision(frames, 0.5), abs=1e-12)


def test_every_resample_gives_what_the_repeated_films_give() -> None:
    frames = made_films(1, n=14, digits=9).of("fracture")  # untied: copies of a film rank its own ties otherwise
    resamples = resamples_of(range(len(frames)), resamples=8)
    draws = coco_average_precision(matched_at(frames, 0.5), resamples).draws
    rates = recalls_at(matched_at(frames, 0.3), resamples, (0.5, 2.0))
    for number, row in enumerate(resamples.weights):
        repeated = [frame for frame, count in zip(frames, row, strict=True) for _ in range(count)]
        assert draws[number] == pytest.approx(average_precision_of_pycocotools(repeated)[0.5], abs=1e-12)
        for figure, rate in zip(rates, (0.5, 2.0), strict=True):
            assert figure.draws[number] == pytest.approx(slow_recall_at(repeated, rate, overlap=0.3))


def slow_recall_at(frames: list[FrameDetections], rate: float, *, overlap: float) -> float:
    """Every observed score as the threshold, one after another."""
    scores = np.unique(np.concatenate([frame.scores for frame in frames]))
    points = [froc(frames, threshold=score, overlap=overlap) for score in scores]
    return max((found for found, false in points if false <= rate + 1e-9), default=0.0)


@pytest.mark.parametrize("digits", [1, 2, 9])
def test_recall_at_a_number_of_false_boxes_is_that_of_the_best_threshold(digits: int) -> None:
    frames = made_films(5, digits=digits).of("implant")
    figures = recalls_at(matched_detections(frames, overlap=0.5), once(len(frames)), FROC_RATES)
    expected = [slow_recall_at(frames, rate, overlap=0.5) for rate in FROC_RATES]
    assert [figure.estimate for figure in figures] == pytest.approx(expected)
    assert recall_of(frames, rate=1.0, overlap=0.5) == pytest.approx(expected[3])
    curve = froc_curve(matched_detections(frames, overlap=0.5), FROC_RATES)
    assert [rate for rate, _ in curve] == list(FROC_RATES)
    assert [found for _, found in curve] == pytest.approx(expected)


def test_no_prediction_finds_nothing_and_a_resample_without_a_drawn_box_has_no_figure() -> None:
    box, none = np.array([[0.0, 0, 10, 10]]), np.zeros((0, 4))
    frames = [FrameDetections(none, np.zeros(0), box), FrameDetections(box, np.ones(1), none)]
    matched = matched_detections(frames, overlap=0.5)
    resamples = Resamples(np.array([[2, 0], [0, 2]], np.uint16))
    for figure in (coco_average_precision(matched, resamples), *recalls_at(matched, resamples, (1.0,))):
        assert figure.estimate == figure.draws[0] == 0.0
        assert np.isnan(figure.draws[1])


def test_resamples_of_another_sample_are_refused() -> None:
    frames = made_films(2, n=4).of("fracture")
    with pytest.raises(SampleUnusable):
        coco_average_precision(matched_at(frames, 0.5), once(len(frames) + 1))


def test_a_thousand_resamples_of_188_films_take_seconds() -> None:
    frames = made_films(0, n=236, most=300).of("fracture")
    resamples = resamples_of(range(len(frames)), resamples=1000)
    started = time.process_time()
    for overlap in COCO_OVERLAPS:
        interval = coco_average_precision(matched_at(frames, overlap), resamples).interval()
    recalls_at(matched_at(frames, 0.5), resamples, FROC_RATES)
    assert interval.n_used == 1000
    assert time.process_time() - started < 20
