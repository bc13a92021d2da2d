"""Structured corrections: what differs from the finding, field by field; every one of them can be undone."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.errors import DomainError, NotFound
from accounts.models import AuditEvent
from feedback.diff import disagrees
from feedback.discordance import discordances
from feedback.models import FindingReview, Verdict, WorklistEntry
from feedback.selectors import reads_that_speak, reviews_that_stand, standing_reviews
from feedback.services.checks import Details, Wanted
from feedback.services.reads import (
    finding_add,
    finding_confirm,
    finding_correct,
    finding_reject,
    read_confirm,
    review_remove,
    review_revise,
)
from feedback.services.undo import read_undo
from imaging.models import Finding, Study
from imaging.pipeline.values import BoundingBox
from tests.feedback.making import make_finding

pytestmark = pytest.mark.django_db
BOX = BoundingBox(5.0, 6.0, 30.0, 44.0)


@pytest.fixture
def dental(study: Any, findings: list[Any]) -> Finding:
    """The same study as a bitewing, with caries found."""
    Study.objects.filter(pk=study.pk).update(case_type="dental_bitewing")
    return make_finding(findings[0].result, label="Caries")


def said(review: FindingReview) -> dict[str, Any]:
    return {change["field"]: (change["from"], change["to"]) for change in review.diff}


def test_a_correction_says_field_by_field_what_differs_from_the_finding(reader: Any, dental: Finding) -> None:
    details = Details(laterality="L", tooth=36, grade="D1", reason_code="wrong_tooth")
    review = finding_correct(reader=reader, finding_id=dental.id, box=BOX, details=details, comment="mesial edge")
    assert said(review) == {
        "box": ([10.0, 12.0, 40.0, 50.0], [5.0, 6.0, 30.0, 44.0]),
        "laterality": (None, "L"),
        "tooth": (None, 36),
        "grade": (None, "D1"),
    }
    review.refresh_from_db()
    assert (review.tooth, review.reason_code, review.comment) == (36, "wrong_tooth", "mesial edge")


def test_what_a_correction_changes_is_audited_without_the_comment(reader: Any, dental: Finding) -> None:
    finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=36), comment="a word about the patient")
    detail = event_detail(AuditEvent.objects.get(action=Action.FINDING_CORRECTED.value))
    assert detail is not None and detail["diff"] == [{"field": "tooth", "from": None, "to": 36}]
    assert "patient" not in str(detail)


def test_the_comment_is_ciphertext_in_the_table(reader: Any, dental: Finding) -> None:
    finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=36), comment="secret words")
    review = FindingReview.objects.get()
    assert b"secret" not in review.__dict__["comment"].stored and review.comment == "secret words"


def test_a_tooth_added_to_what_the_model_said_is_not_a_disagreement(reader: Any, dental: Finding) -> None:
    assert not disagrees(finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=36)).diff)
    assert disagrees(finding_correct(reader=reader, finding_id=dental.id, box=BOX).diff)
    assert disagrees(finding_reject(reader=reader, finding_id=dental.id).diff)


def test_a_tooth_added_to_what_the_model_said_puts_no_study_among_the_disagreements(
    reader: Any, study: Any, dental: Finding
) -> None:
    finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=36))
    read_confirm(reader=reader, study_id=study.id)
    assert discordances(study) == [] and not WorklistEntry.objects.get(study=study).disagreement
    read_undo(reader=reader, study_id=study.id)
    finding_correct(reader=reader, finding_id=dental.id, box=BOX)
    read_confirm(reader=reader, study_id=study.id)
    assert len(discordances(study)) == 1 and WorklistEntry.objects.get(study=study).disagreement


def test_a_second_correction_keeps_the_first_and_its_diff_is_still_against_the_finding(
    reader: Any, dental: Finding
) -> None:
    finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=36, reason_code="more_detail"))
    later = finding_correct(reader=reader, finding_id=dental.id, box=BOX)
    assert set(said(later)) == {"tooth", "box"} and later.reason_code == "more_detail"
    cleared = finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=0))
    assert set(said(cleared)) == {"box"} and cleared.tooth is None


def test_a_grade_goes_with_its_label(reader: Any, dental: Finding) -> None:
    finding_correct(reader=reader, finding_id=dental.id, details=Details(grade="E2"))
    later = finding_correct(reader=reader, finding_id=dental.id, label="calculus")
    assert (later.label, later.grade) == ("calculus", "")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"laterality": "X"}, "laterality_unknown"),
        ({"tooth": 19}, "tooth_unknown"),
        ({"tooth": 56}, "tooth_unknown"),
        ({"tooth": 36, "laterality": "R"}, "side_contradicts_tooth"),
        ({"grade": "severe"}, "grade_unknown"),
        ({"tooth": 36, "reason_code": "artefact"}, "reason_unknown"),
        ({"reason_code": "wrong_tooth"}, "correction_empty"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_written(
    reader: Any, dental: Finding, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        finding_correct(reader=reader, finding_id=dental.id, details=Details(**change))
    assert refused.value.code == code and not FindingReview.objects.exists()


def test_a_chest_film_has_no_teeth(reader: Any, study: Any, findings: list[Any]) -> None:
    with pytest.raises(DomainError) as refused:
        finding_correct(reader=reader, finding_id=findings[0].id, details=Details(tooth=36))
    assert refused.value.code == "tooth_unknown"


@pytest.mark.parametrize("tooth", [55, 65, 75, 85, 11, 48])
def test_primary_and_permanent_teeth_are_taken(reader: Any, dental: Finding, tooth: int) -> None:
    assert finding_correct(reader=reader, finding_id=dental.id, details=Details(tooth=tooth)).tooth == tooth


def test_a_rejection_has_a_reason_of_its_own(reader: Any, dental: Finding) -> None:
    review = finding_reject(reader=reader, finding_id=dental.id, reason_code="restoration_edge")
    assert (review.reason_code, said(review)) == ("restoration_edge", {"present": (True, False)})
    with pytest.raises(DomainError) as refused:
        finding_reject(reader=reader, finding_id=dental.id, reason_code="missed")
    assert refused.value.code == "reason_unknown"


@pytest.fixture
def added(reader: Any, study: Any, dental: Finding) -> FindingReview:
    given = {"instance_id": dental.instance_id, "frame": 0, "label": "Caries", "box": BOX}
    return finding_add(reader=reader, study_id=study.id, details=Details(tooth=36, reason_code="missed"), **given)


def test_a_drawn_box_is_moved_and_relabelled_as_one_item_and_undo_brings_it_back(
    reader: Any, study: Any, added: FindingReview
) -> None:
    moved = review_revise(reader=reader, review_id=added.id, wanted=Wanted(box=BoundingBox(50.0, 6.0, 75.0, 44.0)))
    assert (moved.item_id, moved.tooth, moved.left, moved.verdict) == (added.id, 36, 50.0, Verdict.ADDED)
    again = review_revise(reader=reader, review_id=moved.id, wanted=Wanted(label="calculus"))
    assert [review.id for review in standing_reviews(added.read)] == [again.id]
    read_undo(reader=reader, study_id=study.id)
    read_undo(reader=reader, study_id=study.id)
    assert [review.id for review in standing_reviews(added.read)] == [added.id]


def test_a_drawn_box_is_deleted_whole_and_undo_brings_back_its_last_place(
    reader: Any, study: Any, added: FindingReview
) -> None:
    moved = review_revise(reader=reader, review_id=added.id, wanted=Wanted(box=BoundingBox(50.0, 6.0, 75.0, 44.0)))
    review_remove(reader=reader, review_id=moved.id)
    assert standing_reviews(added.read) == [] and not reads_that_speak().exists()
    read_undo(reader=reader, study_id=study.id)
    assert [review.id for review in standing_reviews(added.read)] == [moved.id]


def test_a_word_taken_back_leaves_the_finding_unreviewed_until_undo(reader: Any, study: Any, dental: Finding) -> None:
    finding_confirm(reader=reader, finding_id=dental.id)
    rejected = finding_reject(reader=reader, finding_id=dental.id)
    review_remove(reader=reader, review_id=rejected.id)
    assert standing_reviews(rejected.read) == []
    read_undo(reader=reader, study_id=study.id)
    assert [review.verdict for review in standing_reviews(rejected.read)] == [Verdict.REJECTED]


def test_confirming_after_taking_back_confirms_what_was_taken_back(reader: Any, study: Any, dental: Finding) -> None:
    review_remove(reader=reader, review_id=finding_reject(reader=reader, finding_id=dental.id).id)
    read = read_confirm(reader=reader, study_id=study.id)
    assert {review.verdict for review in standing_reviews(read)} == {Verdict.CONFIRMED}


def test_only_what_stands_is_changed_and_only_by_its_reader(reader: Any, colleague: Any, added: FindingReview) -> None:
    moved = review_revise(reader=reader, review_id=added.id, wanted=Wanted(label="calculus"))
    for who, review_id in ((reader, added.id), (colleague, moved.id)):
        with pytest.raises(NotFound):
            review_revise(reader=who, review_id=review_id, wanted=Wanted(label="bone loss"))


def test_queries_see_what_stands_as_the_page_does(reader: Any, study: Any, added: FindingReview, dental: Any) -> None:
    moved = review_revise(reader=reader, review_id=added.id, wanted=Wanted(box=BoundingBox(50.0, 6.0, 75.0, 44.0)))
    finding_confirm(reader=reader, finding_id=dental.id)
    rejected = finding_reject(reader=reader, finding_id=dental.id)
    assert set(reviews_that_stand()) == {moved, rejected} == set(standing_reviews(added.read))
    review_remove(reader=reader, review_id=moved.id)
    assert set(reviews_that_stand()) == {rejected}


def test_the_finding_never_changes(reader: Any, dental: Finding, added: FindingReview) -> None:
    before = Finding.objects.filter(pk=dental.pk).values().get()
    finding_correct(reader=reader, finding_id=dental.id, box=BOX, details=Details(tooth=36, grade="D3", laterality="L"))
    review_remove(reader=reader, review_id=added.id)
    assert Finding.objects.filter(pk=dental.pk).values().get() == before
