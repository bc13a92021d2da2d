"""Grouped folds: every image of a patient is left out together, so that nothing is fitted on what it was trained on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def grouped_folds(
    groups: Sequence[str], strata: Sequence[object], *, folds: int, seed: int
) -> list[tuple[Indices, Indices]]:
    """(rows to train on, rows left out) for every fold, groups whole, the strata spread evenly.

    Groups are dealt in a seeded order, stratum by stratum (a group counts to the stratum of its first row), each to the
    fold with the fewest rows of that stratum.
    """
    rows: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows.setdefault(group, []).append(row)
    names = list(rows)
    np.random.default_rng(seed).shuffle(names)
    place = np.zeros(len(groups), dtype=np.int64)
    load: dict[object, NDArray[np.int64]] = {}
    for name in names:
        counts = load.setdefault(strata[rows[name][0]], np.zeros(folds, dtype=np.int64))
        fold = int(counts.argmin())
        counts[fold] += len(rows[name])
        place[rows[name]] = fold
    return [(np.flatnonzero(place != fold), np.flatnonzero(place == fold)) for fold in range(folds)]
