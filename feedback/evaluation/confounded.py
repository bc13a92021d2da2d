"""The baselines of a contrast: each confounder's scores on its films, apart by view and over like pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.confounders import TITLES, ConfounderTable, cross_fitted, fitted_elsewhere
from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json, measured
from feedback.evaluation.target_metrics import Sample, like_pairs_metrics
from feedback.evaluation.targets import Target
from registry.metrics.resampling import auc_interval

FEWEST = 5  # of each class, for a figure of a part of the films
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Baselines:
    """Confounders of the films that are evaluated and, where the set has one, of its train split.

    Attributes:
        train_targets: contrast name -> (rows, present) in the train films, as Target has them.
    """

    films: Sequence[Film] = field(repr=False)
    here: ConfounderTable = field(repr=False)
    train: ConfounderTable | None = field(default=None, repr=False)
    train_targets: dict[str, tuple[NDArray[np.int64], NDArray[np.bool_]]] = field(default_factory=dict, repr=False)

    @property
    def how_fitted(self) -> str:
        """A sentence for the report."""
        if self.train is not None:
            return "fitted on the set's train split"
        return "cross-fitted on these films in five folds by patient or group, as the set has no train split"

    def scores(self, name: str, target: Target) -> Floats:
        """A confounder's scores (m,) on the films of a contrast."""
        values = self.here.features[name][target.rows]
        if self.train is not None and target.name in self.train_targets:
            rows, present = self.train_targets[target.name]
            if present.any() and not present.all():
                return fitted_elsewhere(name, self.train.features[name][rows], present, values)
        groups = [self.films[row].group for row in target.rows]
        return cross_fitted(name, values, target.present, groups)


def confounder_metrics(target: Target, baselines: Baselines, sample: Sample) -> Json:
    """By confounder: AUC over all films, by view, and over like pairs; and the version's own beside them.

    Only analysed films count, so that every row of the table speaks of the same ones.
    """
    rows = target.rows[target.analysed]
    seen, present = sample.of(rows), target.present[target.analysed]
    found = {
        name: {"title": TITLES[name], **parts(present, baselines.scores(name, target)[target.analysed], seen)}
        for name in TITLES
        if name in baselines.here.features
    }
    own = {"title": "this version", **parts(present, target.scores[target.analysed], seen)}
    return {"version": own, **found}


def parts(present: NDArray[np.bool_], scores: Floats, sample: Sample) -> Json:
    """AUC: all films, each view that has enough of both classes, like pairs."""
    found: Json = {"all": measured(lambda: auc_interval(present, scores, sample.resamples))}
    views = np.array(sample.views)
    for view in sorted(set(sample.views) - {""}):
        kept = np.flatnonzero(views == view)
        if enough(present[kept]):
            found[f"view {view}"] = _auc(present, scores, kept, sample)
    found["like pairs"] = like_pairs_metrics(present, scores, sample)
    return found


def enough(present: NDArray[np.bool_]) -> bool:
    """At least five of each class."""
    return min(int(present.sum()), int((~present).sum())) >= FEWEST


def _auc(present: NDArray[np.bool_], scores: Floats, kept: NDArray[np.int64], sample: Sample) -> Json | None:
    return measured(lambda: auc_interval(present[kept], scores[kept], sample.resamples.of(kept)))
