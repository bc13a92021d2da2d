"""The contact sheets of detections on made-up boxes."""

import dataclasses
from pathlib import Path

import numpy as np

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.values import ANALYSED, BoxReading, FilmReading, JoinedReading
from imaging.pipeline.values import BoundingBox, Frame
from tests.benchmarks.detection_sheets import PANEL, WORDS, cases_of, drawn_cases, picture, sheet
from tests.feedback.evaluation.making import disc_model

DRAWN, HIDDEN, LEFT_OUT = BoundingBox(10, 10, 30, 30), BoundingBox(60, 60, 80, 80), BoundingBox(0, 70, 20, 90)
FAR, FAINT = BoundingBox(40, 5, 50, 15), BoundingBox(60, 60, 70, 80)
FILM = Film(
    path=Path("film.png"),
    group="g",
    split="val",
    annotated=None,
    present=frozenset({"mass"}),
    boxes=(("mass", DRAWN), ("mass", HIDDEN)),
    ignored=(("", LEFT_OUT),),
)
READING = FilmReading(
    ANALYSED,
    boxes=tuple(
        BoxReading("mass", box, probability, probability)
        for box, probability in ((DRAWN, 0.9), (FAR, 0.8), (LEFT_OUT, 0.7), (FAINT, 0.2))
    ),
    joined=(JoinedReading("mass", "both", 0.9, DRAWN), JoinedReading("mass", "box_only", 0.8, FAR)),
)
SPEC = disc_model(task="detector").spec


def test_a_hit_a_false_box_and_a_missed_one_are_told_apart_and_ignored_regions_are_none_of_them() -> None:
    good, bad, missed = cases_of(SPEC, 0, FILM, READING)
    assert (good.kind, good.drawn, good.overlap) == ("good", DRAWN, 1.0) and "map agrees" in good.words
    assert (bad.kind, bad.drawn, bad.overlap) == ("bad", None, 0.0) and "does not agree" in bad.words
    assert (missed.kind, missed.drawn, missed.overlap) == ("missed", HIDDEN, 0.5)
    assert missed.found is not None and missed.found.probability == 0.2


def test_a_film_that_was_not_annotated_for_a_label_shows_none_of_it() -> None:
    assert not list(cases_of(SPEC, 0, dataclasses.replace(FILM, annotated=frozenset({"nodule"})), READING))


def test_the_same_seed_draws_the_same_cases_up_to_as_many_as_there_are() -> None:
    every = [dataclasses.replace(next(cases_of(SPEC, 0, FILM, READING)), row=row) for row in range(30)]
    drawn = drawn_cases(every, each=10, seed=1)
    assert drawn == drawn_cases(every, each=10, seed=1) != drawn_cases(every, each=10, seed=2)
    assert (len(drawn["good"]), len(drawn["bad"])) == (10, 0)


def test_pictures_of_every_kind_fit_on_a_sheet() -> None:
    frame = Frame(np.zeros((100, 90), np.float32))
    pictures = [picture(case, FILM, frame, READING, 0.5) for case in cases_of(SPEC, 0, FILM, READING)]
    assert sheet(pictures).size == (4 * PANEL, 2 * (PANEL + WORDS))
