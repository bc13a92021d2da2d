"""What was compared, as a Markdown table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.benchmarks.ablation.comparison import MEAN_OF_ALL, Difference


@dataclass(frozen=True, slots=True)
class Study:
    """One table: variants of one kind against one reference on one anatomy's films.

    Attributes:
        kind: "preprocessing" or "augmentation".
        pairs: of films that AUCs are over.
        aucs: (AUC, low, high) of the reference by test.
        shipped: the variant, or the reference, that the recipes have.
    """

    kind: str
    anatomy: str
    question: str
    pairs: str
    films: int
    groups: int
    positives: int
    reference: str
    shipped: str
    aucs: dict[str, tuple[float, float, float]]
    differences: tuple[Difference, ...]

    @property
    def title(self) -> str:
        return f"{self.kind.capitalize()}, {self.anatomy}"

    @property
    def means(self) -> list[Difference]:
        """The primary comparisons: every variant in the mean over all tests."""
        return [entry for entry in self.differences if entry.test == MEAN_OF_ALL]

    @property
    def cells(self) -> list[Difference]:
        """Every variant in every single test."""
        return [entry for entry in self.differences if entry.test != MEAN_OF_ALL]

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(self.aucs)

    def at(self, variant: str, test: str) -> Difference:
        return next(entry for entry in self.differences if (entry.variant, entry.test) == (variant, test))

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.variant for entry in self.differences))


def with_differences(study: Study, corrected: Sequence[Difference]) -> Study:
    """The same study with its differences as they are among `corrected`."""
    found = {(entry.anatomy, entry.reference, entry.variant, entry.test): entry for entry in corrected}
    kept = tuple(found[entry.anatomy, entry.reference, entry.variant, entry.test] for entry in study.differences)
    return replace(study, differences=kept)


def markdown(studies: Sequence[Study], facts: dict[str, Any]) -> str:
    """All tables, with how to read them."""
    shifts = f"every site shift on the films of {facts['quarters']} of 4 quarters of the patients"
    views = f"{facts['views']} augmented views a film of {facts['viewed_quarters']} of 4 quarters"
    lines = [
        f"Made by `{facts['command']}`: {facts['size']} px, {facts['seeds']} seeds of {facts['folds']} folds; {shifts};"
        f" {views}; {facts['resamples']} resamples of patients. Cells: AUC x 1000, **reference less variant** with its"
        " 95 % interval; above 0, the reference is better. Bold: holds after Holm's correction over all"
        f" {facts['cells']} cells of all tables; in the last column, over the {facts['means']} cells of that column.",
        "",
    ]
    for study in studies:
        lines += [*_table(study), ""]
    lines += [f"### Processor time of {facts['costs_of']}, ms a film", "", "| chain | ms |", "| --- | --- |"]
    lines += [*(f"| {name} | {spent:.1f} |" for name, spent in facts["costs"].items()), ""]
    return "\n".join(lines)


def _table(study: Study) -> list[str]:
    heads = ["against the reference", *study.tests]
    reference = [f"**{study.reference}**{_mark(study, study.reference)}, AUC"]
    reference += [f"{1000 * auc:.0f} [{1000 * low:.0f}, {1000 * high:.0f}]" for auc, low, high in study.aucs.values()]
    rows = [
        [variant + _mark(study, variant), *(_cell(study.at(variant, test)) for test in study.tests)]
        for variant in study.variants
    ]
    return [
        f"### {study.title}: {study.question}",
        "",
        f"{study.films} films of {study.groups} patients or groups, {study.positives} positive;"
        f" AUC over {study.pairs}.",
        "",
        *(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), reference, *rows)),
    ]


def _mark(study: Study, name: str) -> str:
    return " (ships)" if name == study.shipped else ""


def _cell(entry: Difference) -> str:
    text = f"{_signed(entry.difference)} [{_signed(entry.low)}, {_signed(entry.high)}]"
    return f"**{text}**" if entry.proven else text


def _signed(value: float) -> str:
    rounded = round(1000 * value)
    return f"{rounded:+d}" if rounded else "0"


def document(studies: Sequence[Study], facts: dict[str, Any]) -> str:
    """JSON of everything that the tables show, unrounded."""
    return json.dumps({"facts": facts, "studies": [asdict(study) for study in studies]}, indent=1)
