"""The ablation in its reduced form, on phantoms: it sees what it must see, and its tables are whole."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from feedback.learning.augment import View
from feedback.learning.backbone import MEAN, STD
from feedback.learning.phantoms import write_phantoms
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.preprocess_settings import DENOISE_STEPS, NORMALISE_STEPS
from imaging.pipeline.values import Frame
from registry.metrics.classification import roc_auc
from registry.metrics.resampling import like_pairs, resamples_of
from tests.benchmarks.ablation.chains import FULL, STEPS, chains_of, seen
from tests.benchmarks.ablation.comparison import (
    ALL_PAIRS,
    MEAN_OF_ALL,
    Difference,
    adjusted_together,
    aucs_of,
    differences_of,
)
from tests.benchmarks.ablation.extraction import CLEAN, FeatureCache, quarters_of
from tests.benchmarks.ablation.films import PHANTOM, Films, phantom_films, real_films
from tests.benchmarks.ablation.report import Study
from tests.benchmarks.ablation.site_shifts import SHIFTS, shifted
from tests.benchmarks.ablation.training_views import ALL, KINDS, variants, view_of, without
from tests.benchmarks.ablation.transfer import splits_of
from tests.benchmarks.ablation_preprocessing import BEGIN, END, REDUCED_PLAN, costs_of, facts_of, run, write, write_docs

PLAN = replace(REDUCED_PLAN, histogram_at=64)
# 20 s of processor time on one thread; a loaded machine gives it a tenth of that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return phantom_films(tmp_path_factory.mktemp("films"), count=64)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, films: Films) -> tuple[list[Study], Path]:
    folder = tmp_path_factory.mktemp("ablation")
    studies = run([films], folder, PLAN)
    write(studies, facts_of(PLAN, studies, command="the command", costs=costs_of(films, 32)), folder)
    return studies, folder


def test_without_inversion_inverted_phantoms_are_read_worse(written: tuple[list[Study], Path]) -> None:
    found = written[0][0].at("without inversion", "inversion")
    assert found.low > 0 and found.difference > 0.05


def test_without_the_crop_phantoms_with_borders_are_read_worse(written: tuple[list[Study], Path]) -> None:
    found = written[0][0].at("without collimation crop", "collimation")
    assert found.low > 0 and found.difference > 0.05


def test_the_histogram_steps_are_compared_again_at_the_size_asked_for(written: tuple[list[Study], Path]) -> None:
    last = written[0][-1]
    assert (last.kind, last.reference) == ("histogram at 64 px", "percentile_window")
    assert last.tests == (CLEAN, "AP > PA", "PA > AP", MEAN_OF_ALL) and last.variants == ("equalise_nonblack",)


def test_the_full_chain_reads_clean_phantoms_of_other_groups_well(written: tuple[list[Study], Path]) -> None:
    assert written[0][0].aucs[CLEAN][0] > 0.9


def test_the_table_has_every_step_every_alternative_and_every_test(written: tuple[list[Study], Path]) -> None:
    table = (written[1] / "table.md").read_text()
    for name in ("inversion", "collimation crop", "denoise", "histogram", "aspect", *KINDS):
        assert f"| without {name}" in table
    for name in {*DENOISE_STEPS, *NORMALISE_STEPS} - {"none", "median3", PHANTOM.histogram}:
        assert f": {name} |" in table
    assert all(f"| {test} |" in table for test in (CLEAN, "AP > PA", "PA > AP", *SHIFTS, MEAN_OF_ALL))
    assert "the command" in table and "(ships)" in table and "| denoise: nlm | " in table.partition("Processor")[2]


def test_the_document_holds_what_the_table_rounds(written: tuple[list[Study], Path]) -> None:
    studies, folder = written
    document = json.loads((folder / "table.json").read_text())
    first = document["studies"][0]["differences"][0]
    assert first["difference"] == pytest.approx(studies[0].differences[0].difference)
    assert document["facts"]["cells"] == sum(len(study.cells) for study in studies)


def test_the_plot_is_svg_with_a_row_for_every_variant_and_no_picture(written: tuple[list[Study], Path]) -> None:
    studies, folder = written
    tree = ElementTree.parse(folder / "forest.svg")
    words = {element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {variant for study in studies for variant in study.variants} <= words
    assert not list(tree.iter("{http://www.w3.org/2000/svg}image"))


def test_a_second_run_finds_every_feature_and_the_same_numbers(written: tuple[list[Study], Path], films: Films) -> None:
    studies, folder = written
    stored = {path: path.stat().st_mtime_ns for path in (folder / "features").iterdir()}
    assert run([films], folder, PLAN) == studies
    assert {path: path.stat().st_mtime_ns for path in (folder / "features").iterdir()} == stored


def test_docs_get_the_tables_between_their_marks(written: tuple[list[Study], Path], tmp_path: Path) -> None:
    facts = json.loads((written[1] / "table.json").read_text())["facts"]
    page = tmp_path / "preprocessing.md"
    page.write_text(f"Before.\n{BEGIN}\nstale words\n{END}\nAfter.\n")
    for _ in range(2):
        write_docs(written[0], facts, tmp_path)
    text = page.read_text()
    assert text.startswith("Before.\n") and text.endswith("\nAfter.\n") and "stale" not in text
    assert text.count("full chain**") == 1 and (tmp_path / "preprocessing_forest.svg").exists()


def test_the_full_chain_is_what_serving_makes_and_holds_every_step(films: Films) -> None:
    chains, grey = chains_of("clahe", films.rule), films.grey(0)
    arrays = seen(chains, grey, size=64)
    kept = [(chain, array) for chain, array in zip(chains, arrays, strict=True) if chain.keeps_aspect]
    for chain, array in (entry for entry in kept if not entry[0].crops_first):
        served = preprocess(Frame(grey=grey), size=64, settings=chain.settings, mean=MEAN, std=STD).array
        np.testing.assert_array_equal(array, served)
    full = chains[0].settings
    assert chains[0].name == FULL and full.invert and full.collimation_crop and full.denoise != "none"
    assert {chain.step for chain in chains} == {"", *STEPS}


def test_no_patient_is_trained_on_and_tested(films: Films) -> None:
    groups, views = np.array(films.groups), films.views
    for split in splits_of(films, ("noise",), seeds=2, folds=3):
        assert not set(groups[split.train]) & set(groups[split.test])
        for source, target in (test.split(" > ") for test in split.tests if " > " in test):
            assert set(views[split.train]) == {source} and set(views[split.test]) == {target}


def test_the_quarters_of_a_shift_are_all_films_once_with_whole_patients(films: Films) -> None:
    quarters = quarters_of(films, "noise")
    assert sorted(np.concatenate(quarters)) == list(range(len(films.images)))
    homes = [{films.groups[row] for row in rows} for rows in quarters]
    assert sum(map(len, homes)) == len(set(films.groups))


def test_only_the_train_split_is_read(tmp_path: Path) -> None:
    write_phantoms(tmp_path / "phantoms", seed=1)
    chosen = replace(PHANTOM, present=lambda image: "mass" in image.findings)
    found = real_films(chosen, tmp_path)
    assert {image.split for image in found.images} == {"train"} and len(found.images) == 48
    assert len(real_films(chosen, tmp_path, most=10).images) == 10


def test_other_films_or_another_chain_find_no_old_features(films: Films, tmp_path: Path) -> None:
    calls = []

    class Counting:
        size = 32

        def __call__(self, array: np.ndarray) -> np.ndarray:
            calls.append(1)
            return np.full(864, float(array[0].mean()), np.float16)

    cache, chain = FeatureCache(tmp_path, Counting()), chains_of("none", films.rule)[0]
    few = replace(films, images=films.images[:3])
    for _ in range(2):
        cache.tested(few, [chain], CLEAN)
    assert len(calls) == 3
    cache.tested(replace(few, digest="other"), [chain], CLEAN)
    cache.tested(few, [replace(chain, settings=PreprocessSettings(black_level=0.3))], CLEAN)
    assert len(calls) == 9


@pytest.mark.parametrize("name", SHIFTS)
def test_a_site_shift_belongs_to_its_film_and_stays_a_film(name: str, films: Films) -> None:
    grey = films.grey(5)
    changed = shifted(grey, name, row=5)
    np.testing.assert_array_equal(changed, shifted(grey, name, row=5))
    assert changed.dtype == np.float32 and changed.min() >= 0 and changed.max() <= 1
    assert changed.shape != grey.shape or float(np.abs(changed - grey).max()) > 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_augmentation_is_taken_out_and_nothing_else(kind: str) -> None:
    drawn = [view_of(ALL, number=0, row=row) for row in range(60)]
    less = [view_of(f"without {kind}", number=0, row=row) for row in range(60)]
    assert less == [without(view, kind) for view in drawn] and less != drawn
    assert all(without(view, other) != View() for view in drawn[:5] for other in KINDS)
    assert f"without {kind}" in variants()


def test_a_difference_is_that_of_the_two_aucs_over_the_same_films() -> None:
    generator = np.random.default_rng(0)
    present = generator.random(200) < 0.4
    good, bad = present + generator.normal(0, 0.7, (2, 200)), present + generator.normal(0, 3.0, (2, 200))
    good[:, 150:], bad[:, 150:] = np.nan, np.nan
    resamples = resamples_of([str(row // 2) for row in range(200)], resamples=300)
    scores = {"reference": {CLEAN: good}, "worse": {CLEAN: bad}, "same": {CLEAN: good}}
    found = differences_of("a", scores, reference="reference", present=present, alike=None, resamples=resamples)
    worse = next(entry for entry in found if (entry.variant, entry.test) == ("worse", CLEAN))
    aucs = [[roc_auc(present[:150], seed[:150]) for seed in way] for way in (good, bad)]
    assert worse.difference == pytest.approx(np.mean(aucs[0]) - np.mean(aucs[1]))
    assert 0 < worse.low < worse.difference < worse.high and worse.p < 0.001
    same = next(entry for entry in found if entry.variant == "same")
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_over_like_pairs_an_answer_that_only_follows_brightness_is_worth_nothing() -> None:
    generator = np.random.default_rng(1)
    present = np.arange(300) % 2 == 0
    brightness = present * 40.0 + generator.normal(0, 20, 300)
    alike = like_pairs(present, ["PA"] * 300, brightness, within=2.0)
    knowing = present + brightness / 40 + generator.normal(0, 0.3, 300)
    scores = {"bright": {CLEAN: brightness[None]}, "knowing": {CLEAN: knowing[None]}}
    resamples = resamples_of(list(range(300)), resamples=200)
    aucs = {name: aucs_of(found, present, alike, resamples) for name, found in scores.items()}
    assert aucs["bright"][ALL_PAIRS][0] > 0.85 and 0.35 < aucs["bright"][CLEAN][0] < 0.65
    assert aucs["knowing"][CLEAN][0] > 0.9
    low, high = aucs["knowing"][CLEAN][1:]
    assert low < aucs["knowing"][CLEAN][0] < high
    assert aucs["knowing"][MEAN_OF_ALL] == aucs["knowing"][CLEAN]
    counted = [[knowing[a] > knowing[b] for b in np.flatnonzero(~present)] for a in np.flatnonzero(present)]
    assert aucs["knowing"][CLEAN][0] == pytest.approx(np.array(counted)[alike].mean(), abs=1e-6)


def test_holms_correction_is_that_of_a_worked_example() -> None:
    """Source: Holm 1979: p = .01, .04, .03, .005 of four; ordered .005 x 4, .01 x 3, .03 x 2, then not below."""
    entries = [Difference("a", "r", str(p), "t", 0.5, 0.1, 0.0, 0.2, p, p) for p in (0.01, 0.04, 0.03, 0.005)]
    assert [entry.adjusted for entry in adjusted_together(entries)] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert [entry.proven for entry in adjusted_together(entries)] == [True, False, False, True]
