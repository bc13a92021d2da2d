"""Logistic regression on pooled features: trained on some patients' films, scored on other patients' in every test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from feedback.learning.folds import grouped_folds
from tests.benchmarks.ablation.extraction import CLEAN
from tests.benchmarks.ablation.films import Films

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
INVERSE_PENALTY = 0.003  # of the floor in ML.md; not tuned here
Scores = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to train on and rows to test on, of different patients, in one seed.

    Attributes:
        tests: what is tested: every site shift and the clean films, or one pair of views.
    """

    seed: int
    train: Rows
    test: Rows
    tests: tuple[str, ...]


def splits_of(films: Films, shifts: Sequence[str], *, seeds: int, folds: int) -> Iterator[Split]:
    """For every seed: grouped folds (clean and shifted), then every transfer between views.

    A transfer trains on the films of one view of a seeded share of the patients, as many as the folds train on, and
    tests on all films of the other view whose patients were not trained on.
    """
    groups, present, views = np.array(films.groups), films.present, films.views
    strata = list(zip(present.tolist(), views.tolist(), strict=True))
    for seed in range(seeds):
        parts = grouped_folds(films.groups, strata, folds=folds, seed=seed)
        yield from (Split(seed, train, test, (CLEAN, *shifts)) for train, test in parts)
        kept = parts[0][0]
        for source, target in films.anatomy.transfers:
            train = kept[views[kept] == source]
            test = np.flatnonzero((views == target) & ~np.isin(groups, groups[train]))
            yield Split(seed, train, test, (transfer_name(source, target),))


def transfer_name(source: str, target: str) -> str:
    """What a transfer is called in tables."""
    return f"{source} > {target}"


def tests_of(films: Films, shifts: Sequence[str]) -> tuple[str, ...]:
    """Names of all tests, in the order of the table's columns."""
    return (CLEAN, *(transfer_name(*pair) for pair in films.anatomy.transfers), *shifts)


def scores_of(
    films: Films,
    splits: Sequence[Split],
    trained: Sequence[NDArray[np.float16]],
    tested: Mapping[str, NDArray[np.float16]],
) -> Scores:
    """Logits by test, float64 (seeds, n); NaN where a film was not tested.

    Args:
        trained: features (n, d) of every training view; rows that are NaN have none.
        tested: features (n, d) by CLEAN or shift; transfers test on the clean ones.
    """
    seeds, n = 1 + max(split.seed for split in splits), len(films.images)
    found: Scores = {test: np.full((seeds, n), np.nan) for split in splits for test in split.tests}
    views = [view.astype(np.float32) for view in trained]
    for split in splits:
        logits = _fitted(views, films.present, split.train)
        for test in split.tests:
            features = tested.get(test, tested[CLEAN])[split.test]
            there = split.test[np.isfinite(features[:, 0])]
            found[test][split.seed, there] = logits(features[np.isfinite(features[:, 0])])
    return found


def _fitted(
    views: Sequence[NDArray[np.float32]], present: NDArray[np.bool_], rows: Rows
) -> Callable[[NDArray[np.float16]], Floats]:
    """A function from features (k, d) to logits (k,)."""
    seen = [rows[np.isfinite(view[rows, 0])] for view in views]
    features = np.concatenate([view[there] for view, there in zip(views, seen, strict=True)])
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
    model.fit((features - mean) / scale, present[np.concatenate(seen)])
    weights, offset = model.coef_[0], float(model.intercept_[0])
    return lambda tested: ((tested.astype(np.float32) - mean) / scale) @ weights + offset
