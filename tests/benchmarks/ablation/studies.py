"""One anatomy's films through every chain and augmentation, and the two tables that come of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from registry.metrics.resampling import resamples_of
from tests.benchmarks.ablation.chains import FULL, Chain, chains_of, shipped_of
from tests.benchmarks.ablation.comparison import adjusted_together, aucs_of, differences_of
from tests.benchmarks.ablation.extraction import CLEAN, FeatureCache
from tests.benchmarks.ablation.films import Films
from tests.benchmarks.ablation.report import Study, with_differences
from tests.benchmarks.ablation.site_shifts import SHIFTS
from tests.benchmarks.ablation.training_views import ALL, NONE, variants
from tests.benchmarks.ablation.transfer import Scores, Split, scores_of, splits_of, tests_of

HISTOGRAMS = ("equalise_nonblack", "percentile_window")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is computed.

    Attributes:
        size: side of the network's input, px.
        seeds, folds: partitions of the patients, and parts of each.
        quarters: of the patients whose films each site shift is put on.
        views: augmented views a training film, drawn on films of `view_side` px.
        viewed_quarters: of the patients whose films have views; the others are trained on as they are.
        resamples: of the patients.
        histogram_at: another size, px, at which the histogram steps are compared once more; 0 does not.
    """

    size: int = 224
    seeds: int = 5
    folds: int = 5
    quarters: int = 4
    views: int = 2
    viewed_quarters: int = 4
    view_side: int = 256
    resamples: int = 1000
    histogram_at: int = 0


def studies_of(films: Films, cache: FeatureCache, plan: Plan) -> list[Study]:
    """The table of preprocessing and the table of augmentation; not yet corrected for their number."""
    chains = chains_of(films.anatomy.histogram, films.rule)
    splits = list(splits_of(films, tuple(SHIFTS), seeds=plan.seeds, folds=plan.folds))
    tested = {test: cache.tested(films, chains, test) for test in (CLEAN, *SHIFTS)}
    by_chain = {chain.name: {test: found[chain.name] for test, found in tested.items()} for chain in chains}
    scores = {name: scores_of(films, splits, [found[CLEAN]], found) for name, found in by_chain.items()}
    shipped = shipped_of(chains)
    augmented = _augmented(films, cache, plan, splits, shipped, by_chain[shipped.name], scores[shipped.name])
    return [
        _study("preprocessing", films, scores, plan, reference=FULL, shipped=shipped.name),
        _study("augmentation", films, augmented, plan, reference=ALL, shipped=""),
    ]


def histogram_study_of(films: Films, cache: FeatureCache, plan: Plan) -> Study:
    """The shipped chain against itself with the percentile window or equalisation, at another size; films unshifted."""
    shipped = shipped_of(chains_of(films.anatomy.histogram, films.rule))
    chains = {name: replace(shipped, settings=replace(shipped.settings, normalise=name)) for name in HISTOGRAMS}
    splits = list(splits_of(films, (), seeds=plan.seeds, folds=plan.folds))
    tested = {name: cache.tested(films, [chain], CLEAN)[chain.name] for name, chain in chains.items()}
    scores = {name: scores_of(films, splits, [found], {CLEAN: found}) for name, found in tested.items()}
    kind, named = f"histogram at {cache.network.size} px", films.anatomy.histogram
    return _study(kind, films, scores, plan, reference=named, shipped=named, shifts=())


def _augmented(
    films: Films,
    cache: FeatureCache,
    plan: Plan,
    splits: Sequence[Split],
    shipped: Chain,
    tested: dict,
    plain: Scores,
) -> dict[str, Scores]:
    """Scores by variant: trained on the plain films and their views, tested through the shipped chain."""
    found = {}
    for variant in variants():
        if variant == NONE:
            found[variant] = plain
            continue
        views = cache.trained(films, shipped, variant, views=plan.views, longest_side=plan.view_side)
        found[variant] = scores_of(films, splits, [tested[CLEAN], *views], tested)
    return found


def _study(
    kind: str,
    films: Films,
    scores: dict[str, Scores],
    plan: Plan,
    *,
    reference: str,
    shipped: str,
    shifts: Sequence[str] = tuple(SHIFTS),
) -> Study:
    tests = tests_of(films, shifts)
    ordered = {name: {test: found[test] for test in tests} for name, found in scores.items()}
    resamples = resamples_of(films.groups, resamples=plan.resamples)
    present, alike, within = films.present, films.alike, films.anatomy.like_within
    return Study(
        kind=kind,
        anatomy=films.anatomy.name,
        question=films.anatomy.question,
        films=len(films.images),
        groups=len(set(films.groups)),
        pairs="all pairs" if within is None else f"pairs of the same view and a mean grey within {within:g} of 255",
        positives=int(present.sum()),
        reference=reference,
        shipped=shipped,
        aucs=aucs_of(ordered[reference], present, alike, resamples),
        differences=tuple(
            differences_of(
                films.anatomy.name, ordered, reference=reference, present=present, alike=alike, resamples=resamples
            )
        ),
    )


def corrected(studies: Sequence[Study]) -> list[Study]:
    """Holm's correction: over the means of all tables together, and over all single cells together."""
    means = adjusted_together([entry for study in studies for entry in study.means])
    cells = adjusted_together([entry for study in studies for entry in study.cells])
    return [with_differences(study, [*cells, *means]) for study in studies]
