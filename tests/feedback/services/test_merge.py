"""Two readers of one study, item by item; what is taken over is new, the reader's own, and undone at once."""

from typing import Any

import pytest

from accounts.errors import DomainError, NotFound
from feedback.merge import MergeItem, box_overlap
from feedback.models import FindingReview, Read, Verdict
from feedback.selectors import standing_reviews
from feedback.services.checks import Details
from feedback.services.merge import merge_sides, merge_take
from feedback.services.reads import finding_add, finding_confirm, finding_correct, finding_reject, read_sign
from feedback.services.undo import read_undo
from imaging.pipeline.values import BoundingBox

pytestmark = pytest.mark.django_db
BOX = BoundingBox(10.0, 10.0, 30.0, 30.0)
NEAR = BoundingBox(12.0, 10.0, 32.0, 30.0)
FAR = BoundingBox(60.0, 60.0, 80.0, 80.0)


def draw(who: Any, study: Any, findings: list[Any], box: BoundingBox, label: str = "nodule") -> FindingReview:
    given = {"study_id": study.id, "instance_id": findings[0].instance_id, "frame": 0}
    return finding_add(reader=who, label=label, box=box, second_read=True, **given)


def items(reader: Any, study: Any) -> list[MergeItem]:
    return merge_sides(reader=reader, study=study).items()


def take(reader: Any, colleague: Any, study: Any, **choices: str) -> Read:
    """choices by kind of item."""
    given = {item.key: choices[item.kind] for item in items(reader, study) if item.kind in choices}
    theirs = Read.objects.get(reader=colleague)
    return merge_take(reader=reader, study_id=study.id, read_id=theirs.id, choices=given)


def words_of(read: Read) -> list[tuple[str, str]]:
    return sorted((review.verdict, review.label) for review in standing_reviews(read))


def test_words_on_the_same_finding_are_one_item(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    finding_reject(reader=colleague, finding_id=findings[0].id, second_read=True)
    (item,) = items(reader, study)
    assert (item.kind, list(item.differences)) == ("differ", [{"field": "present", "from": True, "to": False}])
    assert item.takes == ("mine", "theirs")


def test_what_both_say_alike_is_the_same(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    for who in (reader, colleague):
        finding_confirm(reader=who, finding_id=findings[0].id, second_read=True)
        finding_reject(reader=who, finding_id=findings[1].id)
    assert [item.kind for item in items(reader, study)] == ["same", "same"]


@pytest.mark.parametrize(
    ("theirs", "kinds"),
    [
        ((NEAR, "nodule"), ["differ"]),
        ((NEAR, "mass"), ["differ"]),
        ((BOX, "nodule"), ["same"]),
        ((FAR, "nodule"), ["theirs_only", "mine_only"]),
        ((BoundingBox(20.0, 10.0, 40.0, 30.0), "nodule"), ["differ"]),
        ((BoundingBox(20.0, 10.0, 40.0, 30.0), "mass"), ["theirs_only", "mine_only"]),
    ],
)
def test_drawn_boxes_are_matched_by_overlap_and_label(
    reader: Any, colleague: Any, study: Any, findings: list[Any], theirs: tuple[BoundingBox, str], kinds: list[str]
) -> None:
    draw(reader, study, findings, BOX)
    draw(colleague, study, findings, *theirs)
    assert [item.kind for item in items(reader, study)] == kinds


def test_overlap_is_intersection_over_union() -> None:
    assert box_overlap(BOX, BOX) == 1.0 and box_overlap(BOX, FAR) == 0.0
    assert box_overlap(BOX, BoundingBox(20.0, 10.0, 40.0, 30.0)) == pytest.approx(1 / 3)


def test_theirs_on_a_finding_replaces_mine_and_theirs_stays(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    theirs = finding_correct(
        reader=colleague,
        finding_id=findings[0].id,
        label="pneumonia",
        details=Details(laterality="L", reason_code="wrong_label"),
        comment="left base",
        second_read=True,
    )
    read = take(reader, colleague, study, differ="theirs")
    (mine,) = standing_reviews(read)
    assert (mine.label, mine.laterality, mine.comment, mine.taken_from_id) == ("pneumonia", "L", "left base", theirs.id)
    assert mine.diff == theirs.diff and read.reader == reader
    assert [review.id for review in standing_reviews(theirs.read)] == [theirs.id]


def test_a_merge_is_one_act_and_one_undo_takes_all_of_it_back(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    draw(reader, study, findings, BOX)
    finding_reject(reader=colleague, finding_id=findings[0].id, second_read=True)
    draw(colleague, study, findings, FAR)
    before = words_of(Read.objects.get(reader=reader))
    read = take(reader, colleague, study, differ="theirs", theirs_only="theirs", mine_only="theirs")
    assert words_of(read) == [("added", "nodule"), ("rejected", "effusion")]
    undone = read_undo(reader=reader, study_id=study.id)
    assert undone.reviews == 3 and words_of(read) == before


def test_theirs_instead_of_a_box_of_mine_is_still_one_item(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    mine = draw(reader, study, findings, BOX)
    draw(colleague, study, findings, NEAR, "mass")
    read = take(reader, colleague, study, differ="theirs")
    (one,) = standing_reviews(read)
    assert (one.item_id, one.label, one.left) == (mine.id, "mass", 12.0)


def test_both_keeps_mine_and_adds_theirs(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    draw(reader, study, findings, BOX)
    draw(colleague, study, findings, NEAR, "mass")
    assert words_of(take(reader, colleague, study, differ="both")) == [("added", "mass"), ("added", "nodule")]


def test_mine_writes_nothing(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    finding_reject(reader=colleague, finding_id=findings[0].id, second_read=True)
    before = FindingReview.objects.count()
    take(reader, colleague, study, differ="mine")
    assert FindingReview.objects.count() == before


def test_an_item_that_changed_meanwhile_is_not_taken(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    theirs = finding_reject(reader=colleague, finding_id=findings[0].id)
    (item,) = items(reader, study)
    finding_confirm(reader=colleague, finding_id=findings[0].id)
    with pytest.raises(DomainError) as refused:
        merge_take(reader=reader, study_id=study.id, read_id=theirs.read_id, choices={item.key: "theirs"})
    assert (refused.value.code, refused.value.status) == ("read_changed", 412)


def test_what_one_calls_absent_cannot_be_taken_as_both(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    finding_reject(reader=colleague, finding_id=findings[0].id, second_read=True)
    with pytest.raises(DomainError) as refused:
        take(reader, colleague, study, differ="both")
    assert refused.value.code == "choice_invalid"


def test_a_signed_read_is_opened_before_it_takes_anything(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_reject(reader=colleague, finding_id=findings[0].id)
    read_sign(reader=reader, study_id=study.id, second_read=True)
    with pytest.raises(DomainError) as refused:
        take(reader, colleague, study, theirs_only="theirs")
    assert refused.value.code == "read_signed"


def test_a_read_of_another_study_or_ones_own_is_not_the_other_side(
    reader: Any, study: Any, findings: list[Any]
) -> None:
    own = finding_reject(reader=reader, finding_id=findings[0].id).read
    with pytest.raises(NotFound):
        merge_sides(reader=reader, study=study, read_id=own.id)


def test_taking_over_a_removed_word_leaves_none(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    finding_reject(reader=colleague, finding_id=findings[1].id)
    finding_confirm(reader=reader, finding_id=findings[0].id, second_read=True)
    read = take(reader, colleague, study, mine_only="theirs", theirs_only="theirs")
    assert [(review.verdict, review.finding_id) for review in standing_reviews(read)] == [
        (Verdict.REJECTED, findings[1].id)
    ]
