"""What each step of preprocessing and each kind of augmentation is worth, on other patients' and other sites' films.

python -m tests.benchmarks.ablation_preprocessing [--reduced] [--data DIR] [--docs]

Removes one step at a time from the full chain, does single steps otherwise, removes one kind of augmentation at a time.
Logistic regression on mean and max of a frozen EfficientNet-Lite0's channels; tested on other patients: clean films,
trained on one view and tested on the other (a real shift), and films as eight other sites would have stored them.
Only train splits are read. Features stay under var/ablation, so that a second run takes a few minutes. One thread.
--reduced: synthetic phantoms in under a minute, as CI runs it; with --data, a few of the real films.
--docs: the tables go into docs/preprocessing.md, the plot beside it; otherwise into the output folder alone.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tests.benchmarks.ablation.chains import chains_of, cost_ms
from tests.benchmarks.ablation.extraction import FeatureCache, PooledFeatures, single_threaded
from tests.benchmarks.ablation.films import BONE, CHEST, Films, phantom_films, real_films
from tests.benchmarks.ablation.forest import forest_svg
from tests.benchmarks.ablation.report import Study, document, markdown
from tests.benchmarks.ablation.studies import Plan, corrected, histogram_study_of, studies_of
from tests.paths import REPOSITORY, SHARED_DATA

COMMAND = "python -m tests.benchmarks.ablation_preprocessing"
BEGIN, END = "<!-- ablation: begin, written by the command -->", "<!-- ablation: end -->"
FULL_PLAN = Plan()
REDUCED_PLAN = Plan(size=96, seeds=2, folds=3, quarters=2, views=1, view_side=96, resamples=200)
REDUCED_FILMS, COSTED_FILMS = 64, 20


def films_of(data: Path | None, folder: Path, *, reduced: bool) -> list[Films]:
    """What is compared on: the real sets below `data`, or phantoms written below `folder`."""
    if data is None:
        return [phantom_films(folder, count=REDUCED_FILMS)]
    return [real_films(anatomy, data, most=REDUCED_FILMS if reduced else None) for anatomy in (CHEST, BONE)]


def run(films: Sequence[Films], folder: Path, plan: Plan) -> list[Study]:
    """All tables, corrected for their number."""
    cache = FeatureCache(folder / "features", PooledFeatures(plan.size), plan.quarters, plan.viewed_quarters)
    studies = [study for entry in films for study in studies_of(entry, cache, plan)]
    if plan.histogram_at:
        larger = FeatureCache(folder / "features", PooledFeatures(plan.histogram_at))
        studies.append(histogram_study_of(films[0], larger, plan))
    return corrected(studies)


def costs_of(films: Films, size: int) -> dict[str, Any]:
    """What each chain costs on a few films, and what they are; times are of this machine and of this moment."""
    greys = [films.grey(row) for row in range(COSTED_FILMS)]
    chains = chains_of(films.anatomy.histogram, films.rule)
    rows, columns = greys[0].shape
    named = f"{films.anatomy.name} films ({columns} x {rows}) to {size} px"
    return {"costs_of": named, "costs": {chain.name: cost_ms(chain, greys, size=size) for chain in chains}}


def facts_of(plan: Plan, studies: list[Study], *, command: str, costs: dict[str, Any]) -> dict[str, Any]:
    """What the tables say beside their cells."""
    counts = {
        "means": sum(len(study.means) for study in studies),
        "cells": sum(len(study.cells) for study in studies),
    }
    return {"command": command, **asdict(plan), **counts, **costs}


def write(studies: list[Study], facts: dict[str, Any], folder: Path) -> None:
    """Table, document and plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(markdown(studies, facts))
    (folder / "table.json").write_text(document(studies, facts))
    (folder / "forest.svg").write_text(forest_svg(studies))


def write_docs(studies: list[Study], facts: dict[str, Any], docs: Path) -> None:
    """The tables between their two marks in preprocessing.md, and the plot."""
    page = docs / "preprocessing.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{markdown(studies, facts)}{END}{after}")
    (docs / "preprocessing_forest.svg").write_text(forest_svg(studies))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reduced", action="store_true", help="small and quick; phantoms unless --data is given")
    parser.add_argument("--data", type=Path, help="folder that holds chest_nih and fracture_fracatlas")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "var" / "ablation")
    parser.add_argument("--quarters", type=int, choices=(1, 2, 3, 4), help="of the patients a site shift is put on")
    parser.add_argument("--views", type=int, help="augmented views a training film")
    parser.add_argument("--viewed-quarters", type=int, choices=(1, 2, 3, 4), help="of the patients who have views")
    parser.add_argument("--histogram-at", type=int, help="px; the first set's histogram steps again at that size")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/preprocessing.md")
    options = parser.parse_args()
    plan = REDUCED_PLAN if options.reduced else FULL_PLAN
    asked = {name: getattr(options, name) for name in ("quarters", "views", "viewed_quarters", "histogram_at")}
    asked = {name: value for name, value in asked.items() if value}
    plan = replace(plan, **asked)
    data = options.data if options.reduced or options.data else SHARED_DATA
    if data is None and not options.reduced:
        parser.error("no radiographs: give --data DIR, or --reduced for phantoms")
    started = time.process_time()
    single_threaded()
    films = films_of(data, options.out, reduced=options.reduced)
    studies = run(films, options.out, plan)
    chosen = "".join(f" --{name.replace('_', '-')} {value}" for name, value in asked.items())
    command = COMMAND + (" --reduced" if options.reduced else "") + chosen
    facts = facts_of(plan, studies, command=command, costs=costs_of(films[0], plan.size))
    write(studies, facts, options.out)
    if options.docs:
        write_docs(studies, facts, REPOSITORY / "docs")
    print(markdown(studies, facts))
    print(f"{time.process_time() - started:.0f} s of processor time; {options.out}")


if __name__ == "__main__":
    main()
