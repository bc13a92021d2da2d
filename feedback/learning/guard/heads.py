"""Linear heads on pooled features, fitted out of fold for what is chosen, and once on everything for what ships."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from feedback.learning.folds import grouped_folds

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearHead:
    """logits = features @ weight.T + bias; float64 (classes, channels) and (classes,)."""

    weight: Floats
    bias: Floats

    def logits(self, features: NDArray[np.floating]) -> Floats:
        """float64 (n, classes)."""
        return np.asarray(features, dtype=np.float64) @ self.weight.T + self.bias


@dataclass(frozen=True, slots=True)
class FittedHead:
    """A head fitted on all of its rows, and what heads that had not seen a row's group say of it.

    Attributes:
        out_of_fold: float64 (n, classes) for every row of the features, those that it was not fitted on included.
    """

    head: LinearHead
    out_of_fold: Floats


def fit_head(
    features: NDArray[np.float32],
    classes: NDArray[np.int64],
    groups: Sequence[str],
    *,
    components: int,
    inverse_penalty: float,
    folds: int,
    seed: int,
) -> FittedHead:
    """Penalised multinomial logistic regression on whitened principal components.

    Args:
        features: float32 (n, C). classes: int64 (n,), -1 where the question does not arise.
        groups: rows of one group are left out together.
        components: whitened principal components kept: with them the fit takes seconds.
        inverse_penalty: of the squared weights, as scikit-learn's C.
    """
    asked = classes >= 0
    n_classes = int(classes.max()) + 1
    out_of_fold = np.empty((len(features), n_classes))
    for kept, left_out in grouped_folds(groups, classes.tolist(), folds=folds, seed=seed):
        rows = kept[asked[kept]]
        head = _fitted(features[rows], classes[rows], components, inverse_penalty)
        out_of_fold[left_out] = head.logits(features[left_out])
    return FittedHead(_fitted(features[asked], classes[asked], components, inverse_penalty), out_of_fold)


def _fitted(
    features: NDArray[np.float32], classes: NDArray[np.int64], components: int, inverse_penalty: float
) -> LinearHead:
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean.astype(np.float32)
    variances, directions = np.linalg.eigh((centred.T @ centred / len(centred)).astype(np.float64))
    first = np.argsort(variances)[::-1][:components]
    whitener = directions[:, first] / np.sqrt(np.maximum(variances[first], 1e-9))
    fitted = LogisticRegression(C=inverse_penalty, max_iter=400, class_weight="balanced")
    fitted.fit(centred @ whitener, classes)
    coefficients, intercept = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
    if len(coefficients) == 1:  # two classes: scikit-learn keeps one logit; softmax of (0, z) is its sigmoid
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercept = np.concatenate([np.zeros(1), intercept])
    weight = coefficients @ whitener.T
    return LinearHead(weight=weight, bias=intercept - weight @ mean)
