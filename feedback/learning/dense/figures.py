"""What a dense recipe is chosen by: figures of the train images, each by a network that never saw its group."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback.learning.calibration import calibrated
from feedback.learning.dense.artefact import annotated_columns
from feedback.learning.dense.hardware_response import hardware_response
from feedback.learning.dense.run import TrainedDense
from feedback.learning.features import LabelledBoxes
from registry.metrics.classification import calibration_error, roc_auc
from registry.metrics.curves import wilson_interval
from registry.metrics.localization import PointedFinding, pointing_game
from registry.metrics.resampling import auc_interval, resamples_of
from registry.runtime.values import Calibration

Flags = NDArray[np.bool_]


def dense_figures(trained: TrainedDense, calibration: Mapping[str, Calibration]) -> dict[str, Any]:
    """AUC per label with intervals over groups, their mean, calibration error, the pointing game; without hardware too,
    and what painting over the hardware does, where the set says which films show some.
    """
    findings = {
        label: _label_figures(trained, index, known, present, calibration[label])
        for index, (label, known, present) in enumerate(annotated_columns(trained))
    }
    figures: dict[str, Any] = {
        "mean_auc": float(np.mean([entry["auc"]["value"] for entry in findings.values()])),
        "findings": findings,
    }
    pointed = pointed_findings(
        trained.labels, trained.out_of_fold.cells, trained.data.views[0].boxes, trained.maker.size
    )
    if pointed:
        game = pointing_game(pointed)
        low, high = wilson_interval(round(game.hit_rate * game.n), game.n)
        figures["pointing"] = {**asdict(game), "low": low, "high": high}
    if any(image.strata.get("hardware") == "1" for image in trained.images):
        figures["hardware"] = hardware_response(trained, calibration)
    return figures


def _label_figures(
    trained: TrainedDense, index: int, known: Flags, present: Flags, calibration: Calibration
) -> dict[str, Any]:
    logits = trained.out_of_fold.logits[:, index]
    probabilities = calibrated(logits, calibration)
    figures = {
        "images": int(known.sum()),
        "positives": int(present[known].sum()),
        "auc": _auc(trained, index, known, present),
        "ece": calibration_error(present[known], probabilities[known]),
    }
    hardware = np.array([image.strata.get("hardware") for image in trained.images])
    if (hardware == "1").any():
        figures["auc_without_hardware"] = _auc(trained, index, known & (hardware == "0"), present)
    return figures


def _auc(trained: TrainedDense, index: int, rows: Flags, present: Flags) -> dict[str, float]:
    groups = [image.group for image, counts in zip(trained.images, rows, strict=True) if counts]
    found = auc_interval(present[rows], trained.out_of_fold.logits[rows, index], resamples_of(groups, resamples=500))
    return {
        "value": roc_auc(present[rows], trained.out_of_fold.logits[rows, index]),
        "low": found.low,
        "high": found.high,
    }


def pointed_findings(
    labels: tuple[str, ...], cells: NDArray[np.float32], boxes: Sequence[LabelledBoxes], size: int
) -> list[PointedFinding]:
    """Every (image, boxed label) with the centre of that map's highest cell, as shares of the input's side."""
    side, found = cells.shape[-1], []
    for row, drawn in enumerate(boxes):
        for label in sorted({name for name, _ in drawn} & set(labels)):
            y, x = np.unravel_index(cells[row, labels.index(label)].argmax(), cells.shape[-2:])
            corners = [[box.left, box.top, box.right, box.bottom] for name, box in drawn if name == label]
            peak = (float((x + 0.5) / side), float((y + 0.5) / side))
            found.append(PointedFinding(peak, np.array(corners) / size))
    return found
