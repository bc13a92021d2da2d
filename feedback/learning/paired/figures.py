"""What a pair says out of fold: figures of the member that answers, and beside them what the other one would have."""

from dataclasses import asdict
from typing import Any

import numpy as np

from feedback.learning.dense.artefact import annotated_columns, dense_calibrations
from feedback.learning.dense.figures import dense_figures, pointed_findings
from feedback.learning.features import LabelledBoxes
from feedback.learning.out_of_fold import pointed_peaks
from feedback.learning.paired.run import TrainedPair
from feedback.learning.recipes.paired import PairedRecipe
from registry.metrics.classification import roc_auc
from registry.metrics.curves import wilson_interval
from registry.metrics.localization import PointedFinding, pointing_game

CHOICE = "The member of each label was chosen by these very out-of-fold figures, so they are slightly optimistic."


def paired_figures(recipe: PairedRecipe, trained: TrainedPair) -> dict[str, Any]:
    """AUC per label with intervals, calibration error and pointing of what ships; both members' AUC, and the caveat."""
    figures = dense_figures(trained.answers, dense_calibrations(trained.answers))
    pointed = _pointed(recipe, trained)
    if pointed:
        game = pointing_game(pointed)
        low, high = wilson_interval(round(game.hit_rate * game.n), game.n)
        figures["pointing"] = {**asdict(game), "low": low, "high": high}
    return {**figures, "members": member_aucs(recipe, trained), "choice": CHOICE}


def member_aucs(recipe: PairedRecipe, trained: TrainedPair) -> dict[str, dict[str, Any]]:
    """Of every label: which recipe answers it, and both recipes' out-of-fold AUC."""
    found = {}
    for index, (label, known, present) in enumerate(annotated_columns(trained.dense)):
        logits = {
            recipe.dense.name: trained.dense.out_of_fold.logits[:, index],
            recipe.head.name: trained.head.out_of_fold.logits[:, trained.head.labels.index(label)],
        }
        aucs = {name: roc_auc(present[known], values[known]) for name, values in logits.items()}
        found[label] = {
            "answered_by": recipe.head.name if label in recipe.from_head else recipe.dense.name,
            "auc": aucs,
        }
    return found


def _pointed(recipe: PairedRecipe, trained: TrainedPair) -> list[PointedFinding]:
    """Every (image, boxed label) with the peak of the answering member's map."""
    boxes, size = trained.dense.data.views[0].boxes, recipe.dense.size
    from_head = [_named(row, recipe.from_head, wanted=True) for row in boxes]
    from_dense = [_named(row, recipe.from_head, wanted=False) for row in boxes]
    return [
        *pointed_findings(trained.dense.labels, trained.dense.out_of_fold.cells, from_dense, size),
        *pointed_peaks(trained.head.labels, np.asarray(trained.head.out_of_fold.peaks), from_head, size),
    ]


def _named(row: LabelledBoxes, labels: tuple[str, ...], *, wanted: bool) -> LabelledBoxes:
    return tuple((name, box) for name, box in row if (name in labels) == wanted)
