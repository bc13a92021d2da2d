from pathlib import Path

from feedback.learning.guard.samples import OTHER, PARTIAL, guard_samples
from feedback.learning.labelled_sets import LabelledImage


def film(name: str) -> LabelledImage:
    return LabelledImage(Path(name), f"patient-{name}", "train", frozenset(), None, ())


FILMS = {"chest": [film("a"), film("b")], "bone": [film("c")]}


def test_samples_are_the_same_for_the_same_seed_and_stay_with_their_patient():
    samples = guard_samples(FILMS, drawn=2, seed=1)
    assert samples == guard_samples(FILMS, drawn=2, seed=1)
    assert {sample.group for sample in samples if sample.kind == "chest"} == {"chest/patient-a", "chest/patient-b"}


def test_bones_are_never_cut_to_a_part_and_only_whole_upright_films_are_right():
    samples = guard_samples(FILMS, drawn=2, seed=1)
    assert {sample.group for sample in samples if sample.kind == PARTIAL} == {"chest/patient-a", "chest/patient-b"}
    for sample in samples:
        if sample.is_right:
            assert sample.kind != OTHER
            assert (sample.view.turns, sample.view.inverted, sample.view.partial) == (0, False, False)


def test_a_screen_that_shows_a_film_is_left_out_with_its_patient():
    desktops = [sample for sample in guard_samples(FILMS, drawn=3, seed=1) if sample.drawn == "desktop"]
    assert len(desktops) == 3
    assert all(sample.kind == OTHER and sample.film.group in sample.group for sample in desktops)
