"""Means over labels against pycocotools, and the words of a difference."""

import numpy as np
import pytest

from feedback.evaluation.box_figures import label_figures, summary_figures
from feedback.evaluation.head_to_head import figure_row, verdict_of
from feedback.evaluation.label_boxes import LabelBoxes
from registry.metrics.bootstrap import Interval
from registry.metrics.figures import Figure
from registry.metrics.resampling import resamples_of
from tests.registry.metrics.coco_samples import LABELS, Films, average_precision_of_pycocotools, made_films


def boxes_of(films: Films, label: str) -> LabelBoxes:
    rows = np.array([row for row, frame in enumerate(films.frames[label]) if frame is not None])
    frames = tuple(films.of(label))
    present = np.array([len(frame.drawn) > 0 for frame in frames])
    scores = tuple(frame.scores for frame in frames)
    return LabelBoxes(label, rows, frames, scores, present, np.ones(len(rows), bool))


def test_map_is_the_mean_of_pycocotools_over_labels_and_overlaps() -> None:
    films = made_films(11)
    resamples = resamples_of(range(30), resamples=40)
    found = summary_figures([label_figures(boxes_of(films, label), resamples) for label in LABELS])
    expected = [average_precision_of_pycocotools(films.of(label)) for label in LABELS]
    assert found["map_50"].estimate == pytest.approx(np.mean([by_overlap[0.5] for by_overlap in expected]))
    assert found["map_50_95"].estimate == pytest.approx(np.mean([list(by.values()) for by in expected]))
    for label, by_overlap in zip(LABELS, expected, strict=True):
        assert found[f"ap_50_{label}"].estimate == pytest.approx(by_overlap[0.5])
    recalls = [found[f"recall_at_1_fp_{label}"].estimate for label in LABELS]
    assert found["recall_at_1_fp"].estimate == pytest.approx(np.mean(recalls))
    assert found["recall_at_1_fp_loose"].estimate >= found["recall_at_1_fp"].estimate
    assert all(figure.draws.shape == (40,) for figure in found.values())


def test_a_label_without_a_drawn_box_is_left_out_of_the_means() -> None:
    films = made_films(12)
    empty = LabelBoxes("implant", np.arange(0), (), (), np.zeros(0, bool), np.zeros(0, bool))
    resamples = resamples_of(range(30), resamples=10)
    measured = label_figures(boxes_of(films, "fracture"), resamples)
    with_empty = summary_figures([measured, label_figures(empty, resamples)])
    assert measured.ap_50 is not None and with_empty["map_50"].estimate == measured.ap_50.estimate
    assert "ap_50_implant" not in with_empty


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.01, 0.09, "better"), (-0.09, -0.01, "worse"), (-0.02, 0.09, "not_told_apart")]
)
def test_only_an_interval_that_leaves_out_nought_tells_two_apart(low: float, high: float, verdict: str) -> None:
    assert verdict_of(Interval((low + high) / 2, low, high, 100)) == verdict


def test_the_sentence_names_the_better_one_and_says_when_there_is_no_interval() -> None:
    one, other = Figure(0.45, np.full(10, 0.45)), Figure(0.5, np.full(10, 0.5))
    row = figure_row("map_50", one, other, own_name="a 1.0.0", other_name="b 1.0.0")
    assert row["sentence"] == "mAP50: b 1.0.0 is better by 0.050 [0.050, 0.050]."
    blind = Figure(0.4, np.full(10, np.nan))
    assert figure_row("map_50", one, blind, own_name="a", other_name="b")["verdict"] == "not_told_apart"
