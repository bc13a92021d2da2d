"""Every contrast apart by view, sex, age band, region, source, hardware: with n and interval, or not at all."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.confounded import enough
from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json, measured, with_interval
from feedback.evaluation.target_metrics import Sample
from feedback.evaluation.targets import Target
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import auc_interval, mean_auc_interval, share_interval

FACTORS = (
    "view",
    "projection",
    "sex",
    "age_band",
    "region",
    "body_part",
    "source",
    "site",
    "manufacturer",
    "hardware",
    "label_source",
)
MOST_VALUES = 12  # a column with more values than this is no grouping
HARDWARE = "hardware"
WITH_HARDWARE = ("1", "yes", "true")


def groupings(films: Sequence[Film]) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """(factor, value, rows) of every part of the films, where a factor has more than one value."""
    for factor in FACTORS:
        values = np.array([film.strata.get(factor, "not stated") for film in films])
        names = sorted(set(values.tolist()))
        if 1 < len(names) <= MOST_VALUES:
            for name in names:
                yield factor, _shown(factor, name), np.flatnonzero(values == name)


def without_hardware(films: Sequence[Film]) -> NDArray[np.bool_]:
    """bool (n,): films that are not known to show hardware."""
    return np.array([film.strata.get(HARDWARE, "").lower() not in WITH_HARDWARE for film in films], dtype=bool)


def subgroup_metrics(targets: Sequence[Target], films: Sequence[Film], sample: Sample) -> list[Json]:
    """Rows of the table: one per part and contrast with at least five of each class; then the mean over labels."""
    found = []
    for factor, value, rows in groupings(films):
        for target in targets:
            kept = np.isin(target.rows, rows) & target.analysed
            if enough(target.present[kept]):
                found.append({"factor": factor, "value": value, **_part(target, kept, sample)})
    return found


def part_auc(target: Target, rows: NDArray[np.bool_], sample: Sample) -> Json | None:
    """AUC of a contrast over some of all films (bool over the films of the set)."""
    kept = rows[target.rows] & target.analysed
    seen = sample.of(target.rows[kept])
    return measured(lambda: auc_interval(target.present[kept], target.scores[kept], seen.resamples))


def mean_auc(targets: Sequence[Target], n_films: int, sample: Sample) -> Json | None:
    """Mean AUC over label contrasts, with its interval."""
    present, known = (np.zeros((n_films, len(targets)), dtype=bool) for _ in range(2))
    scores = np.zeros((n_films, len(targets)))
    for column, target in enumerate(targets):
        rows = target.rows[target.analysed]
        present[rows, column] = target.present[target.analysed]
        scores[rows, column] = target.scores[target.analysed]
        known[rows, column] = True
    try:
        return with_interval(mean_auc_interval(present, scores, known, sample.resamples))
    except SampleUnusable:
        return None


def _part(target: Target, kept: NDArray[np.bool_], sample: Sample) -> Json:
    seen = sample.of(target.rows[kept])
    present = target.present[kept]
    row: Json = {
        "target": target.name,
        "title": target.title,
        "n_positive": int(present.sum()),
        "n_negative": int((~present).sum()),
        "auc": measured(lambda: auc_interval(present, target.scores[kept], seen.resamples)),
    }
    if target.point is not None and target.probabilities is not None:
        called = target.probabilities[kept] >= target.point.threshold
        for name, flags, among in (("sensitivity", called, present), ("specificity", ~called, ~present)):
            rows = np.flatnonzero(among)
            row[name] = measured(
                lambda flags=flags, rows=rows: share_interval(flags[rows], seen.resamples.of(rows))  # type: ignore[misc]
            )
    return row


def _shown(factor: str, value: str) -> str:
    if factor != HARDWARE:
        return value
    return "with" if value.lower() in WITH_HARDWARE else "without" if value != "not stated" else value
