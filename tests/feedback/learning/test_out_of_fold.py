"""What recipes are chosen by."""

import numpy as np

from feedback.learning.head_training import HeadPredictions, HeadTargets
from feedback.learning.out_of_fold import Exposure, like_pairs_auc, out_of_fold_figures
from imaging.pipeline.values import BoundingBox


def test_only_films_of_one_view_and_exposure_are_compared() -> None:
    present = np.array([True, False, False, False])
    scores = np.array([1.0, 0.0, 2.0, 3.0])
    exposure = Exposure(np.array(["AP", "AP", "PA", "AP"]), np.array([0.50, 0.52, 0.50, 0.60]))
    assert like_pairs_auc(present, scores, exposure) == 1.0
    assert np.isnan(like_pairs_auc(present[:1], scores[:1], exposure))


def test_figures_hold_auc_triage_and_hits() -> None:
    findings = np.array([[1.0], [0.0], [1.0], [0.0]], np.float32)
    triage = np.array([2, 0, 2, 0])
    logits = np.array([[2.0], [-1.0], [1.0], [-2.0]])
    scores = np.stack([-logits[:, 0], np.full(4, -5.0), logits[:, 0]], axis=1)
    peaks = np.full((4, 1, 2), 0.5)
    boxes = (((("mass", BoundingBox(40, 40, 60, 60)),)), (), (("mass", BoundingBox(0, 0, 10, 10)),), ())
    found = out_of_fold_figures(
        ("mass",),
        HeadTargets(findings, triage),
        HeadPredictions(logits, scores, np.zeros((4, 1)), peaks),
        boxes,
        Exposure(np.array(["AP"] * 4), np.full(4, 0.5)),
        input_size=100,
    )
    assert found["mean_finding_auc"] == found["urgent_normal_auc"] == found["any_finding_auc_like_pairs"] == 1.0
    assert found["pointing"]["hit_rate"] == 0.5 and found["pointing"]["n"] == 2
    assert found["triage_ece_urgent"] < 0.05
