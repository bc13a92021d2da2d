"""From pooled features to everything that a guard's spec states: heads, temperatures, operating points, region."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from feedback.learning.calibration import fit_softmax_temperature, measured_point
from feedback.learning.folds import grouped_folds
from feedback.learning.guard.heads import FittedHead, LinearHead, fit_head
from feedback.learning.guard.recipe import GuardRecipe
from feedback.learning.guard.samples import OTHER, PARTIAL, TURNED_KINDS, GuardSample
from registry.metrics.classification import threshold_for_sensitivity, threshold_for_specificity
from registry.metrics.familiarity import fit_region, squared_distances
from registry.runtime.values import Calibration, FamiliaritySpec, GuardSpec, OperatingPoint

TURNS = ("upright", "upright_after_90", "upright_after_180", "upright_after_270")
# A film is not refused, turned or inverted against the odds, however well the training set can be told apart.
EVEN_ODDS = 0.5

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FittedGuard:
    """All that is fitted but the body.

    Attributes:
        head: one logit a label of `spec`.
        region: tensors of the familiar features.
        quality: question -> share of samples answered right, out of fold.
        losses: cross-entropy of the kinds before anything is known, and out of fold.
    """

    spec: GuardSpec
    head: LinearHead
    calibration: dict[str, Calibration]
    familiarity: FamiliaritySpec
    region: dict[str, NDArray[np.generic]]
    quality: dict[str, float]
    losses: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Question:
    """One head, what is true (-1: not asked), and the temperature that fits what it says out of fold."""

    fitted: FittedHead
    truth: NDArray[np.int64]
    temperature: float

    @property
    def probabilities(self) -> NDArray[np.float64]:
        return np.asarray(softmax(self.fitted.out_of_fold / self.temperature, axis=1))

    @property
    def share_right(self) -> float:
        asked = self.truth >= 0
        return float((self.fitted.out_of_fold[asked].argmax(axis=1) == self.truth[asked]).mean())

    @property
    def loss(self) -> float:
        asked = np.flatnonzero(self.truth >= 0)
        return float(-np.log(np.maximum(self.probabilities[asked, self.truth[asked]], 1e-12)).mean())


def fit_guard(
    recipe: GuardRecipe, samples: Sequence[GuardSample], features: NDArray[np.float32], *, data_digest: str, seed: int
) -> FittedGuard:
    """Fit every head out of fold and choose what the recipe asks for.

    Args:
        features: float32 (samples, channels).
        data_digest: of the train films.
    """
    case_types = tuple(case_type for case_type, _ in recipe.kinds)
    kinds = (*case_types, PARTIAL, OTHER)
    kind = _asked(recipe, samples, features, [_kind_class(entry, kinds) for entry in samples], seed)
    turn = _asked(recipe, samples, features, [_turn_class(entry) for entry in samples], seed)
    points = _Points(recipe, samples, data_digest)
    spec = GuardSpec(
        kinds=kinds,
        expected={case_type: case_type for case_type in case_types},
        partial=PARTIAL,
        other=OTHER,
        turns=TURNS,
        read={name: points.read(name, kind.probabilities[:, kinds.index(name)]) for name in case_types},
        turned={name: points.turned(name, 1 - turn.probabilities[:, 0]) for name in case_types if name in TURNED_KINDS},
        negative={},
    )
    familiarity, region = fit_familiar(recipe, samples, features, seed=seed)
    return FittedGuard(
        spec=spec,
        head=_joined(kind, turn),
        calibration=_calibration(spec, kind, turn),
        familiarity=familiarity,
        region=region,
        quality={"kind": kind.share_right, "turn": turn.share_right},
        losses=(float(np.log(len(kinds))), kind.loss),
    )


def fit_familiar(
    recipe: GuardRecipe, samples: Sequence[GuardSample], features: NDArray[np.float32], *, seed: int
) -> tuple[FamiliaritySpec, dict[str, NDArray[np.generic]]]:
    """The region of right films of every kind, over the plain averages; the threshold is left-out groups'."""
    channels = features.shape[1] // len(recipe.waves)  # the first wave is the plain average
    right = np.array([entry.is_right for entry in samples])
    averages, groups = features[right][:, :channels], [entry.group for entry in samples if entry.is_right]
    distances = np.empty(len(averages))
    for rows, left_out in grouped_folds(groups, [0] * len(groups), folds=recipe.folds, seed=seed):
        distances[left_out] = squared_distances(averages[left_out], fit_region(averages[rows]))
    region = fit_region(averages)
    threshold = float(np.quantile(distances, recipe.familiarity_quantile))
    others = features.shape[1] - channels
    return FamiliaritySpec(threshold, recipe.familiarity_quantile, len(averages)), {
        "familiarity.mean": np.pad(region.mean, (0, others)).astype(np.float32),
        "familiarity.whitener": np.pad(region.whitener, ((0, others), (0, 0))).astype(np.float32),
    }


@dataclass(frozen=True, slots=True)
class _Points:
    """Operating points of one case type each, chosen on samples that no head was fitted on."""

    recipe: GuardRecipe
    samples: Sequence[GuardSample]
    data_digest: str

    def read(self, case_type: str, probability: NDArray[np.float64]) -> OperatingPoint:
        """Right films of the case type against everything that is not of it, whichever way up."""
        right = np.array([entry.is_right and entry.kind == case_type for entry in self.samples])
        rows = right | np.array([entry.kind != case_type and not entry.view.inverted for entry in self.samples])
        kept = self.recipe.kept_films
        reached = threshold_for_sensitivity(right[rows], probability[rows], sensitivity=kept)
        return self._measured(rows, right, probability, min(reached, EVEN_ODDS), f"{kept:.2%} of right films kept")

    def turned(self, case_type: str, probability: NDArray[np.float64]) -> OperatingPoint:
        """Turned films of the case type against upright ones."""
        rows = np.array([entry.kind == case_type and not entry.view.inverted for entry in self.samples])
        turned = np.array([entry.view.turns > 0 for entry in self.samples])
        return self._left_alone(rows, turned, probability, "not turned")

    def _left_alone(self, rows: Bools, wrong: Bools, probability: NDArray[np.float64], words: str) -> OperatingPoint:
        kept = self.recipe.kept_upright
        threshold = threshold_for_specificity(wrong[rows], probability[rows], specificity=kept)
        threshold = max(threshold, EVEN_ODDS)
        return self._measured(rows, wrong, probability, threshold, f"{kept:.2%} of right films {words}")

    def _measured(
        self, rows: Bools, present: Bools, probability: NDArray[np.float64], threshold: float, words: str
    ) -> OperatingPoint:
        groups = [entry.group for entry, chosen in zip(self.samples, rows, strict=True) if chosen]
        wanted = f"{words}, out of fold on train"
        return measured_point(present[rows], probability[rows], groups, threshold, self.data_digest, wanted)


def _asked(
    recipe: GuardRecipe, samples: Sequence[GuardSample], features: NDArray[np.float32], classes: list[int], seed: int
) -> _Question:
    truth = np.array(classes, dtype=np.int64)
    fitted = fit_head(
        features,
        truth,
        [entry.group for entry in samples],
        components=recipe.components,
        inverse_penalty=recipe.inverse_penalty,
        folds=recipe.folds,
        seed=seed,
    )
    asked = truth >= 0
    return _Question(fitted, truth, fit_softmax_temperature(fitted.out_of_fold[asked], truth[asked]))


def _kind_class(sample: GuardSample, kinds: tuple[str, ...]) -> int:
    """Negatives are not asked: the rule in front of the network turns them over first."""
    return -1 if sample.view.inverted else kinds.index(sample.kind)


def _turn_class(sample: GuardSample) -> int:
    return sample.view.turns if sample.kind in TURNED_KINDS and not sample.view.inverted else -1


def _joined(kind: _Question, turn: _Question) -> LinearHead:
    heads = (kind.fitted.head, turn.fitted.head)
    return LinearHead(np.concatenate([head.weight for head in heads]), np.concatenate([head.bias for head in heads]))


def _calibration(spec: GuardSpec, kind: _Question, turn: _Question) -> dict[str, Calibration]:
    return {
        **dict.fromkeys(spec.kinds, Calibration(kind.temperature)),
        **dict.fromkeys(spec.turns, Calibration(turn.temperature)),
    }
