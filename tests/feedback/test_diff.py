"""Diffs and their words; teeth and scales."""

import pytest

from feedback.diff import Said, diff_between, diff_of_addition, diff_of_rejection, diff_words
from feedback.teeth import PERMANENT_TEETH, PRIMARY_TEETH, is_tooth, side_of, universal_of
from feedback.vocabulary import GRADES, REASONS, grades_for, labels_for, plain
from imaging.pipeline.values import BoundingBox

BOX = BoundingBox(10, 10, 30, 50)


@pytest.mark.parametrize(
    ("fdi", "universal", "side"),
    [
        (18, "1", "R"),
        (11, "8", "R"),
        (21, "9", "L"),
        (28, "16", "L"),
        (38, "17", "L"),
        (36, "19", "L"),
        (31, "24", "L"),
        (41, "25", "R"),
        (48, "32", "R"),
        (55, "A", "R"),
        (61, "F", "L"),
        (75, "K", "L"),
        (85, "T", "R"),
    ],
)
def test_teeth_have_their_universal_name_and_the_patients_side(fdi: int, universal: str, side: str) -> None:
    assert (universal_of(fdi), side_of(fdi)) == (universal, side)


def test_there_are_32_permanent_and_20_primary_teeth_and_no_others() -> None:
    assert (len(set(PERMANENT_TEETH)), len(set(PRIMARY_TEETH))) == (32, 20)
    assert [number for number in range(100) if is_tooth(number)] == sorted(PERMANENT_TEETH + PRIMARY_TEETH)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (Said("mass", BOX), ["label caries → mass"]),
        (Said("caries", BoundingBox(15, 10, 35, 50)), ["box moved"]),
        (Said("caries", BoundingBox(10, 10, 45, 50)), ["box resized"]),
        (Said("caries", None), ["box taken away"]),
        (Said("caries", BOX, "L", 36, "D1"), ["side left", "tooth 36 (Universal 19)", "grade D1"]),
        (Said("caries", BOX), []),
    ],
)
def test_a_diff_is_said_in_words(after: Said, words: list[str]) -> None:
    assert diff_words(diff_between(Said("caries", BOX), after)) == words


def test_a_field_that_is_changed_names_both_values() -> None:
    diff = diff_between(Said("caries", BOX, "L", 36, "D1"), Said("caries", BOX, "", 37, "E2"))
    assert diff_words(diff) == [
        "side left → none",
        "tooth 36 (Universal 19) → tooth 37 (Universal 18)",
        "grade D1 → E2",
    ]


def test_rejections_and_additions_are_diffs_too() -> None:
    assert diff_words(diff_of_rejection()) == ["not there"]
    assert diff_words(diff_of_addition(Said("Bone_Loss", BOX))) == ["added", "label bone loss", "box drawn"]


def test_scales_belong_to_labels_of_the_vocabulary_and_fit_their_column() -> None:
    known = {plain(label) for case_type in ("dental_bitewing", "chest", "bone") for label in labels_for(case_type, ())}
    assert set(GRADES) <= known
    assert all(len(grade.code) <= 16 for scale in GRADES.values() for grade in scale)
    assert [grade.code for grade in grades_for("Caries")] == ["E1", "E2", "D1", "D2", "D3"]
    assert grades_for("fracture") == ()


def test_reason_codes_are_unique_and_fit_their_column() -> None:
    codes = [reason.code for reason in REASONS]
    assert len(set(codes)) == len(codes) and max(map(len, codes)) <= 24
