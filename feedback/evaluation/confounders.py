"""What can be had without reading the film: who was imaged how, how bright the file is, how big, its thumbnail.

Each stands beside the version's own figure on the same films; a version that does not beat them has learned them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.values import FilmFacts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS = 5
PENALTIES = {"metadata": 1.0, "mean_grey": 0.01, "file_size": 0.01, "thumbnail": 300.0, "linear_probe": 333.0}
TITLES = {
    "metadata": "view + age + sex (+ region) alone",
    "mean_grey": "mean grey alone",
    "file_size": "file size alone",
    "thumbnail": "32-pixel thumbnail regression",
    "linear_probe": "linear probe on frozen ImageNet features (the floor)",
}
METADATA = ("view", "projection", "age_band", "sex", "region", "body_part")


@dataclass(frozen=True, slots=True)
class ConfounderTable:
    """Features (n, k) of films by confounder; a confounder that the set cannot have is not there."""

    features: dict[str, Floats] = field(repr=False)

    def of(self, rows: NDArray[np.int64]) -> "ConfounderTable":
        """The same for some of the films."""
        return ConfounderTable({name: values[rows] for name, values in self.features.items()})


def confounder_table(
    films: Sequence[Film], facts: Sequence[FilmFacts | None], *, vocabulary: Sequence[tuple[str, str]]
) -> ConfounderTable:
    """Features of films that could be decoded; the rows of others are zero and are never used.

    Args:
        vocabulary: (stratum, value) pairs, one column each, so that two splits have the same columns.
    """
    empty = np.zeros(THUMBNAIL_LENGTH, dtype=np.float64)
    greys = [[0.0 if fact is None else fact.mean_grey] for fact in facts]
    sizes = [[0.0 if fact is None else float(np.log(max(fact.file_bytes, 1)))] for fact in facts]
    features = {
        "mean_grey": np.array(greys, dtype=np.float64).reshape(-1, 1),
        "file_size": np.array(sizes, dtype=np.float64).reshape(-1, 1),
        "thumbnail": np.array([empty if fact is None else fact.thumbnail for fact in facts], dtype=np.float64),
    }
    frozen = [fact.frozen for fact in facts if fact is not None and fact.frozen is not None]
    if frozen:
        nothing = np.zeros(len(frozen[0]))
        rows = [nothing if fact is None or fact.frozen is None else fact.frozen for fact in facts]
        features["linear_probe"] = np.array(rows, dtype=np.float64)
    if vocabulary:
        columns = [[float(film.strata.get(name) == value) for name, value in vocabulary] for film in films]
        features["metadata"] = np.array(columns, dtype=np.float64)
    return ConfounderTable(features)


THUMBNAIL_LENGTH = 32 * 32


def vocabulary_of(films: Sequence[Film]) -> list[tuple[str, str]]:
    """Values of the metadata strata, where a stratum has more than one."""
    found = {(name, film.strata[name]) for film in films for name in METADATA if name in film.strata}
    counts = {name: sum(other == name for other, _ in found) for name, _ in found}
    return sorted((name, value) for name, value in found if counts[name] > 1)


def fitted_elsewhere(name: str, seen: Floats, present: Flags, unseen: Floats) -> Floats:
    """Scores (m,) of films by a regression on other films (the set's train split)."""
    return ridge_logistic(seen, present, penalty=PENALTIES[name]).scores(unseen)


def cross_fitted(name: str, values: Floats, present: Flags, groups: Sequence[str], *, seed: int = 0) -> Floats:
    """Scores (m,) of every film by a regression that saw no film of its group."""
    order = list(dict.fromkeys(groups))
    np.random.default_rng(seed).shuffle(order)
    fold_of = {group: number % FOLDS for number, group in enumerate(order)}
    folds = np.array([fold_of[group] for group in groups])
    scores = np.zeros(len(values))
    for fold in range(FOLDS):
        held = folds == fold
        rest = present[~held]
        if held.any() and rest.any() and not rest.all():
            fitted = ridge_logistic(values[~held], rest, penalty=PENALTIES[name])
            # the folds' intercepts differ by chance alone: ranks would mix them with the slopes
            scores[held] = fitted.scores(values[held]) - fitted.scores(values[~held]).mean()
    return scores


@dataclass(frozen=True, slots=True)
class Fitted:
    """A logistic regression on standardised columns."""

    mean: Floats
    spread: Floats
    weights: Floats
    bias: float

    def scores(self, values: Floats) -> Floats:
        """Log-odds (m,)."""
        return np.asarray((values - self.mean) / self.spread @ self.weights + self.bias)


def ridge_logistic(values: Floats, present: Flags, *, penalty: float) -> Fitted:
    """Minimises the summed cross-entropy plus penalty / 2 * |weights|^2 over standardised columns.

    Args:
        values: float (n, k). present: bool (n,), both classes.
    Source: Hastie et al. 2009, 4.4; scikit-learn's LogisticRegression with C = 1 / penalty.
    """
    mean, spread = values.mean(axis=0), values.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    columns, targets = (values - mean) / spread, present.astype(np.float64)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, bias = parameters[:-1], parameters[-1]
        z = columns @ weights + bias
        error = expit(z) - targets
        value = float((np.logaddexp(0.0, z) - targets * z).sum() + penalty / 2 * weights @ weights)
        return value, np.append(columns.T @ error + penalty * weights, error.sum())

    found = minimize(loss, np.zeros(columns.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return Fitted(mean, spread, found[:-1], float(found[-1]))
