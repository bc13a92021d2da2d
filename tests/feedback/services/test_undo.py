"""Undo writes records of its own; nothing is deleted."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.errors import DomainError, NotFound
from accounts.models import AuditEvent
from feedback.models import FindingReview, ReadState, ReviewWithdrawal, Verdict
from feedback.selectors import standing_reviews
from feedback.services.reads import (
    finding_add,
    finding_confirm,
    finding_reject,
    read_confirm,
    read_sign,
    review_remove,
)
from feedback.services.undo import read_undo

pytestmark = pytest.mark.django_db


def test_undoing_a_confirmation_opens_the_read_and_takes_back_what_it_confirmed(
    reader: Any, study: Any, findings: list[Any]
) -> None:
    read = read_confirm(reader=reader, study_id=study.id)
    undone = read_undo(reader=reader, study_id=study.id)
    read.refresh_from_db()
    assert (undone.act, undone.reviews, read.state) == ("confirmation", 2, ReadState.DRAFT)
    assert standing_reviews(read) == []
    assert FindingReview.objects.count() == 2 and ReviewWithdrawal.objects.count() == 2


def test_undoing_a_confirmation_leaves_what_was_judged_before(reader: Any, study: Any, findings: list[Any]) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    read = read_confirm(reader=reader, study_id=study.id)
    read_undo(reader=reader, study_id=study.id)
    read.refresh_from_db()
    assert [review.verdict for review in standing_reviews(read)] == [Verdict.REJECTED]


def test_undoing_a_signature_keeps_the_reviews(reader: Any, study: Any, findings: list[Any]) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    read = read_sign(reader=reader, study_id=study.id)
    assert read_undo(reader=reader, study_id=study.id).act == "signature"
    read.refresh_from_db()
    assert read.state == ReadState.DRAFT and len(standing_reviews(read)) == 1


def test_undo_takes_back_one_review_at_a_time_and_the_earlier_one_stands_again(
    reader: Any, study: Any, findings: list[Any]
) -> None:
    read = finding_confirm(reader=reader, finding_id=findings[0].id).read
    finding_reject(reader=reader, finding_id=findings[0].id)
    assert [review.verdict for review in standing_reviews(read)] == [Verdict.REJECTED]
    assert read_undo(reader=reader, study_id=study.id).act == "review"
    assert [review.verdict for review in standing_reviews(read)] == [Verdict.CONFIRMED]


def test_undo_is_audited(reader: Any, study: Any, findings: list[Any]) -> None:
    read_confirm(reader=reader, study_id=study.id)
    read_undo(reader=reader, study_id=study.id)
    codes = list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))
    assert codes[-3:] == [Action.REVIEW_UNDONE.value, Action.REVIEW_UNDONE.value, Action.READ_REOPENED.value]


def test_undo_with_nothing_to_undo_says_so(reader: Any, study: Any) -> None:
    with pytest.raises(DomainError) as refused:
        read_undo(reader=reader, study_id=study.id)
    assert refused.value.code == "nothing_to_undo"


def test_undo_never_touches_another_readers_read(reader: Any, colleague: Any, study: Any) -> None:
    read_confirm(reader=colleague, study_id=study.id)
    with pytest.raises(DomainError) as refused:
        read_undo(reader=reader, study_id=study.id)
    assert refused.value.code == "nothing_to_undo" and not ReviewWithdrawal.objects.exists()


def test_a_drawn_box_can_be_taken_back_out_of_order(reader: Any, study: Any, findings: list[Any]) -> None:
    instance = findings[0].instance
    added = finding_add(reader=reader, study_id=study.id, instance_id=instance.id, frame=0, label="nodule")
    finding_reject(reader=reader, finding_id=findings[0].id)
    review_remove(reader=reader, review_id=added.id)
    assert [review.verdict for review in standing_reviews(added.read)] == [Verdict.REJECTED]


def test_another_readers_review_cannot_be_taken_back(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    review = finding_reject(reader=colleague, finding_id=findings[0].id)
    with pytest.raises(NotFound):
        review_remove(reader=reader, review_id=review.id)
