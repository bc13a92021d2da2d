from dataclasses import replace

import numpy as np
import pytest

from imaging.pipeline.join import doubt, join, map_in_box, support_words
from imaging.pipeline.values import BoundingBox, Heatmap, Point, PredictedFinding, SecondOpinion

BOX = BoundingBox(40.0, 20.0, 60.0, 40.0)
ELSEWHERE = BoundingBox(100.0, 60.0, 120.0, 80.0)


def heatmap(**peaks: tuple[int, int, float]) -> Heatmap:
    """Over a frame of 100 rows and 160 columns, with blocks of 10 pixels (left, top, value) that speak."""
    values = np.full((100, 160), -0.01, np.float32)
    for left, top, value in peaks.values():
        values[top : top + 10, left : left + 10] = value
    return Heatmap.of_array(values)


def label(name: str = "fracture", *, positive: bool = True, shown: Heatmap | None = None) -> PredictedFinding:
    return PredictedFinding(
        label=name,
        source="classifier",
        score=1.0,
        probability=0.8 if positive else 0.2,
        operating_point=0.5,
        positive=positive,
        model_name="reader",
        model_version="1",
        peak=Point(45.0, 25.0),
        heatmap=heatmap(one=(45, 25, 0.4)) if shown is None else shown,
        border_energy=0.1,
        marker_energy=0.0,
    )


def box(name: str = "fracture", *, positive: bool = True, at: BoundingBox = BOX) -> PredictedFinding:
    return PredictedFinding(
        label=name,
        source="detector",
        score=0.7,
        probability=0.6 if positive else 0.1,
        operating_point=0.3,
        positive=positive,
        model_name="boxes",
        model_version="2",
        box=at,
    )


def test_a_positive_label_and_a_box_where_its_map_looks_are_one_finding():
    (joined,) = join([label(), box()], boxed={"fracture"})
    found = joined.finding
    assert joined.parts == (1, 0)
    assert (found.source, found.support, found.agreement) == ("joined", "both", pytest.approx(1.0, abs=1e-3))
    assert (found.box, found.probability, found.model_name) == (BOX, 0.6, "boxes")
    assert found.second == SecondOpinion("reader", "1", probability=0.8, operating_point=0.5, positive=True)
    assert (found.peak, found.border_energy, found.marker_energy) == (Point(45.0, 25.0), 0.1, 0.0)
    assert found.heatmap is not None


def test_a_box_away_from_the_map_is_joined_and_marked():
    (joined,) = join([label(), box(at=ELSEWHERE)], boxed={"fracture"})
    assert (joined.finding.support, joined.finding.agreement) == ("box_only", 0.0)


def test_a_box_whose_label_is_negative_is_marked_however_well_the_map_agrees():
    (joined,) = join([label(positive=False), box()], boxed={"fracture"})
    assert (joined.finding.support, joined.finding.second.positive) == ("box_only", False)
    assert joined.finding.agreement == pytest.approx(1.0, abs=1e-3)


def test_a_positive_label_that_no_positive_box_shows_says_so():
    joined = join([label(), box(positive=False)], boxed={"fracture"})
    assert [(entry.finding.support, entry.finding.source) for entry in joined] == [
        ("map_only", "classifier"),
        ("", "detector"),
    ]
    assert joined[1].finding == box(positive=False)


def test_a_label_that_no_detector_looks_for_cannot_lack_a_box():
    (joined,) = join([label("effusion")], boxed={"fracture"})
    assert joined.finding.support == ""


def test_a_negative_label_and_a_box_of_a_label_that_nobody_reads_stand_as_they_were():
    predictions = [label(positive=False), box("cyst")]
    assert [entry.finding for entry in join(predictions, boxed={"fracture", "cyst"})] == predictions


def test_two_boxes_of_one_label_are_two_findings_and_the_label_has_none_of_its_own():
    shown = heatmap(near=(45, 25, 0.4), far=(105, 65, 0.2))
    joined = join([label(shown=shown), label("cyst", positive=False), box(), box(at=ELSEWHERE)], boxed={"fracture"})
    assert [entry.finding.label for entry in joined] == ["cyst", "fracture", "fracture"]
    assert [entry.parts for entry in joined] == [(1,), (2, 0), (3, 0)]
    assert [round(entry.finding.agreement or 0.0, 2) for entry in joined[1:]] == [1.0, 0.5]
    assert {entry.finding.support for entry in joined[1:]} == {"both"}


@pytest.mark.parametrize("surer_first", [True, False])
def test_a_small_box_inside_a_large_one_of_its_label_shows_the_same_lesion(surer_first):
    around = replace(box(at=BoundingBox(30.0, 10.0, 70.0, 50.0)), probability=0.4)
    boxes = [box(), around] if surer_first else [around, box()]
    (joined,) = join([label(), *boxes], boxed={"fracture"})
    assert (joined.finding.box, joined.finding.probability) == (BOX, 0.6)
    assert joined.parts == ((1, 0, 2) if surer_first else (2, 0, 1))


def test_boxes_that_share_less_than_half_of_the_smaller_are_two_lesions():
    beside = box(at=BoundingBox(51.0, 20.0, 71.0, 40.0))
    assert len(join([label(), box(), beside], boxed={"fracture"})) == 2
    assert len(join([label(), label("cyst"), box(), box("cyst")], boxed={"fracture", "cyst"})) == 2


def test_of_two_classifiers_the_first_is_joined_and_the_second_keeps_its_word():
    other = replace(label(), model_name="another")
    joined = join([label(), other, box()], boxed={"fracture"})
    assert [(entry.finding.model_name, entry.finding.support) for entry in joined] == [
        ("another", ""),
        ("boxes", "both"),
    ]


def test_a_map_in_which_nothing_speaks_agrees_with_nothing():
    silent = Heatmap.of_array(np.full((100, 160), -0.2, np.float32))
    found = map_in_box(silent, BOX)
    assert (found.agreement, found.agrees) == (0.0, False)


def test_a_box_as_dense_as_the_rest_of_the_frame_does_not_agree():
    even = Heatmap.of_array(np.full((100, 160), 0.3, np.float32))
    assert not map_in_box(even, BOX).agrees


def test_a_box_that_is_less_than_a_pixel_of_the_map_still_has_a_place():
    tiny = BoundingBox(159.9, 99.9, 160.0, 100.0)
    assert map_in_box(heatmap(corner=(150, 90, 0.5)), tiny).agreement == pytest.approx(1.0)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_frame_is_compared_where_it_lies(turns):
    shown = heatmap(one=(0, 0, 0.4)).turned(turns)
    rows, columns = (160, 100) if turns % 2 else (100, 160)
    corners = [(0.0, rows - 10.0), (columns - 10.0, rows - 10.0), (columns - 10.0, 0.0)]
    left, top = corners[turns - 1]
    assert map_in_box(shown, BoundingBox(left, top, left + 10, top + 10)).agreement == pytest.approx(1.0)
    assert map_in_box(shown, BoundingBox(40, 40, 60, 60)).agreement == 0.0


def test_a_label_without_a_map_can_not_agree():
    (joined,) = join([replace(label(), heatmap=None), box()], boxed={"fracture"})
    assert (joined.finding.support, joined.finding.agreement) == ("box_only", None)


@pytest.mark.parametrize(
    ("support", "label_positive", "agreement", "words"),
    [
        ("both", True, 0.9, "map agrees"),
        ("box_only", True, 0.1, "map looks elsewhere"),
        ("box_only", True, None, "no map"),
        ("box_only", False, 0.9, "label below its threshold"),
        ("map_only", None, None, "no box"),
        ("", None, None, ""),
    ],
)
def test_a_reader_is_told_in_words(support, label_positive, agreement, words):
    assert support_words(support, label_positive=label_positive, agreement=agreement) == words


def test_nothing_is_held_against_a_box_that_has_its_label_or_that_nobody_else_judges():
    (joined,) = join([label(), box()], boxed={"fracture"})
    assert doubt(joined.finding) == doubt(box()) == ""


def test_nothing_joined_is_nothing():
    assert join([], boxed={"fracture"}) == []
