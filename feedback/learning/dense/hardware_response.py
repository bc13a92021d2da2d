"""How the out-of-fold probabilities of a film change when what looks like metal is painted over."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from feedback.learning.backbone import MEAN, STD
from feedback.learning.calibration import calibrated
from feedback.learning.dense.hardware import hardware_mask, painted_over
from feedback.learning.dense.run import TrainedDense
from feedback.learning.frames import frame_grey
from feedback.learning.labelled_sets import LabelledImage
from imaging.pipeline.preprocess import preprocess
from imaging.pipeline.values import Frame
from registry.metrics.classification import roc_auc
from registry.runtime.architectures.lite0_dense import Lite0Dense
from registry.runtime.values import Calibration

Floats = NDArray[np.float64]
CONTROLS = 60  # films without hardware, painted over by the same rule: what the painting itself does


def hardware_response(trained: TrainedDense, calibration: Mapping[str, Calibration]) -> dict[str, Any]:
    """Of the first label: mean probability and AUC of the films with hardware, as they are and painted over.

    The AUC is against all films without the finding. "outside_boxes" leaves the drawn lesions as they are, so that what
    is lost is the cue and not the fracture. "control" are as many positive films without hardware.
    """
    label, present = trained.labels[0], trained.data.findings[:, 0] > 0.5
    shows = np.array([image.strata.get("hardware") == "1" for image in trained.images])
    with_hardware, without = np.flatnonzero(shows & present), np.flatnonzero(~shows & present)[:CONTROLS]
    absent = trained.out_of_fold.logits[~present & ~shows, 0]

    def facts(rows: NDArray[np.int64], *, keep_boxes: bool) -> dict[str, float]:
        before, after = trained.out_of_fold.logits[rows, 0], _painted_logits(trained, rows, keep_boxes=keep_boxes)
        truth = np.concatenate([np.ones(len(rows), bool), np.zeros(len(absent), bool)])
        return {
            "films": len(rows),
            "probability_as_is": float(calibrated(before, calibration[label]).mean()),
            "probability_painted": float(calibrated(after, calibration[label]).mean()),
            "auc_as_is": roc_auc(truth, np.concatenate([before, absent])),
            "auc_painted": roc_auc(truth, np.concatenate([after, absent])),
        }

    return {
        "everywhere": facts(with_hardware, keep_boxes=False),
        "outside_boxes": facts(with_hardware, keep_boxes=True),
        "control_outside_boxes": facts(without, keep_boxes=True),
    }


def _painted_logits(trained: TrainedDense, rows: NDArray[np.int64], *, keep_boxes: bool) -> Floats:
    """float64 (len(rows),): logits of the first label, each by the network that never saw the film's group."""
    logits = {}
    for network, left_out in trained.fold_networks:
        for row in np.intersect1d(rows, left_out):
            logits[int(row)] = _painted_logit(trained, network, trained.images[row], keep_boxes=keep_boxes)
    return np.array([logits[int(row)] for row in rows])


@torch.inference_mode()
def _painted_logit(trained: TrainedDense, network: Lite0Dense, image: LabelledImage, *, keep_boxes: bool) -> float:
    grey = frame_grey(image.path)
    mask = hardware_mask(grey)
    for entry in image.boxes if keep_boxes else ():
        box = entry.box
        mask[int(box.top) : int(box.bottom) + 1, int(box.left) : int(box.right) + 1] = False
    frame, maker = Frame(grey=painted_over(grey, mask)), trained.maker
    made = preprocess(frame, size=maker.size, settings=maker.settings, mean=MEAN, std=STD)
    batch = torch.from_numpy(made.array[None]).contiguous(memory_format=torch.channels_last)
    return float(network(batch)["logits"][0, 0])
