"""Folds leave whole groups out, every row once, strata spread."""

import numpy as np

from feedback.learning.folds import grouped_folds


def test_every_row_is_left_out_once_and_no_group_is_cut() -> None:
    generator = np.random.default_rng(0)
    groups = [f"p{number}" for number in generator.integers(0, 80, 200)]
    strata = [hash(group) % 3 for group in groups]
    folds = grouped_folds(groups, strata, folds=4, seed=1)
    assert sorted(np.concatenate([left_out for _, left_out in folds]).tolist()) == list(range(200))
    for rows, left_out in folds:
        assert not {groups[row] for row in rows} & {groups[row] for row in left_out}


def test_strata_are_spread_evenly_and_the_seed_decides() -> None:
    groups, strata = [str(number) for number in range(120)], [number % 4 == 0 for number in range(120)]
    folds = grouped_folds(groups, strata, folds=3, seed=1)
    assert {sum(strata[row] for row in left_out) for _, left_out in folds} == {10}
    other = grouped_folds(groups, strata, folds=3, seed=2)
    assert any((a[1] != b[1]).any() for a, b in zip(folds, other, strict=True))
