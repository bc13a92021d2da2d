"""Confirm, correct, reject, add, sign: records beside findings that never change."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.errors import DomainError, NotFound, NotPermitted
from accounts.models import AuditEvent, OutboxEvent
from feedback.models import FindingReview, Read, ReadState, Verdict
from feedback.selectors import standing_reviews
from feedback.services.reads import (
    finding_add,
    finding_confirm,
    finding_correct,
    finding_reject,
    read_confirm,
    read_sign,
)
from imaging.models import AnalysisState, Finding, RunState, Study
from imaging.pipeline.values import BoundingBox

pytestmark = pytest.mark.django_db
BOX = BoundingBox(5.0, 6.0, 30.0, 44.0)


def audited(action: Action) -> int:
    return AuditEvent.objects.filter(action=action.value).count()


def test_confirm_lets_every_positive_finding_stand_and_signs(reader: Any, study: Any, findings: list[Any]) -> None:
    read = read_confirm(reader=reader, study_id=study.id)
    assert read.state == ReadState.SIGNED and read.study_version == study.version
    stands = {(review.label, review.verdict) for review in standing_reviews(read)}
    assert stands == {("effusion", Verdict.CONFIRMED), ("mass", Verdict.CONFIRMED)}


def test_confirm_is_audited_with_the_model_and_pushed_once(reader: Any, study: Any, findings: list[Any]) -> None:
    before = OutboxEvent.objects.count()
    read_confirm(reader=reader, study_id=study.id)
    event = AuditEvent.objects.filter(action=Action.FINDING_CONFIRMED.value, object_id=findings[0].id).get()
    version = findings[0].model_version
    assert (event.model_name, event.model_sha256) == (version.name, version.sha256)
    assert (event.study_id, event.actor_id) == (study.id, reader.id)
    assert audited(Action.FINDING_CONFIRMED) == 2 and audited(Action.READ_SIGNED) == 1
    assert OutboxEvent.objects.count() == before + 1
    assert OutboxEvent.objects.latest("id").kind == "read.signed"


def test_findings_are_the_same_after_every_kind_of_review(reader: Any, study: Any, findings: list[Any]) -> None:
    before = list(Finding.objects.order_by("id").values())
    finding_correct(reader=reader, finding_id=findings[0].id, label="mass", box=BOX)
    finding_reject(reader=reader, finding_id=findings[1].id)
    read_confirm(reader=reader, study_id=study.id)
    assert list(Finding.objects.order_by("id").values()) == before


def test_confirm_leaves_what_the_reader_had_already_judged(reader: Any, study: Any, findings: list[Any]) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    read = read_confirm(reader=reader, study_id=study.id)
    stands = {review.finding_id: review.verdict for review in standing_reviews(read)}
    assert stands == {findings[0].id: Verdict.REJECTED, findings[1].id: Verdict.CONFIRMED}


def test_a_study_without_a_positive_finding_can_be_confirmed(reader: Any, study: Any, findings: list[Any]) -> None:
    Finding.objects.filter(positive=True).update(positive=False)
    assert standing_reviews(read_confirm(reader=reader, study_id=study.id)) == []


@pytest.mark.parametrize("state", [AnalysisState.NOT_ANALYSED, AnalysisState.NEEDS_HUMAN, AnalysisState.WAITING])
def test_what_was_not_analysed_cannot_be_confirmed_but_can_be_signed(reader: Any, bare_study: Any, state: str) -> None:
    Study.objects.filter(pk=bare_study.pk).update(analysis_state=state)
    with pytest.raises(DomainError) as refused:
        read_confirm(reader=reader, study_id=bare_study.id)
    assert refused.value.code == "not_analysed"
    assert read_sign(reader=reader, study_id=bare_study.id).state == ReadState.SIGNED


def test_a_correction_is_a_new_record_with_the_readers_label_and_box(
    reader: Any, study: Any, findings: list[Any]
) -> None:
    review = finding_correct(reader=reader, finding_id=findings[0].id, label="pneumonia", box=BOX)
    assert (review.verdict, review.label) == (Verdict.CORRECTED, "pneumonia")
    assert (review.left, review.top, review.right, review.bottom) == (5.0, 6.0, 30.0, 44.0)
    assert audited(Action.FINDING_CORRECTED) == 1


def test_a_correction_keeps_what_it_does_not_change(reader: Any, study: Any, findings: list[Any]) -> None:
    review = finding_correct(reader=reader, finding_id=findings[0].id, label="pneumonia")
    assert (review.left, review.bottom) == (findings[0].left, findings[0].bottom)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "correction_empty"),
        ({"label": "effusion"}, "correction_empty"),
        ({"label": "not a word of ours"}, "label_unknown"),
        ({"box": BoundingBox(30, 6, 5, 44)}, "box_invalid"),
        ({"box": BoundingBox(float("nan"), 6, 50, 44)}, "box_invalid"),
        ({"box": BoundingBox(900, 900, 950, 950)}, "box_invalid"),
    ],
)
def test_a_correction_that_says_nothing_or_nonsense_is_refused(
    reader: Any, study: Any, findings: list[Any], change: dict[str, Any], code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        finding_correct(reader=reader, finding_id=findings[0].id, **change)
    assert refused.value.code == code and FindingReview.objects.count() == 0


def test_a_missing_finding_is_added_with_its_box_clipped_to_the_frame(reader: Any, study: Any) -> None:
    instance = study.series.get().instances.get()
    far = BoundingBox(-5.0, 10.0, instance.columns + 50.0, 40.0)
    review = finding_add(reader=reader, study_id=study.id, instance_id=instance.id, frame=0, label="nodule", box=far)
    assert (review.left, review.right, review.finding_id) == (0.0, float(instance.columns), None)
    assert audited(Action.FINDING_ADDED) == 1


def test_a_finding_is_not_added_to_a_frame_that_is_not_there(reader: Any, study: Any) -> None:
    instance = study.series.get().instances.get()
    with pytest.raises(DomainError) as refused:
        finding_add(reader=reader, study_id=study.id, instance_id=instance.id, frame=1, label="nodule", box=BOX)
    assert refused.value.code == "frame_unknown"


def test_nothing_is_confirmed_that_was_not_shown(reader: Any, study: Any) -> None:
    with pytest.raises(DomainError) as refused:
        read_confirm(reader=reader, study_id=study.id, expected_version=study.version - 1)
    assert refused.value.code == "version_changed" and not Read.objects.exists()


def test_a_finding_of_a_superseded_analysis_cannot_be_reviewed(reader: Any, study: Any, findings: list[Any]) -> None:
    run = findings[0].result.run
    run.state = RunState.SUPERSEDED
    run.save()
    with pytest.raises(DomainError) as refused:
        finding_confirm(reader=reader, finding_id=findings[0].id)
    assert refused.value.code == "finding_outdated"


def test_a_signed_read_takes_no_more_reviews(reader: Any, study: Any, findings: list[Any]) -> None:
    read_confirm(reader=reader, study_id=study.id)
    with pytest.raises(DomainError) as refused:
        finding_reject(reader=reader, finding_id=findings[0].id)
    assert refused.value.code == "read_signed"


def test_a_second_reader_is_told_before_anything_is_written(reader: Any, colleague: Any, study: Any) -> None:
    read_confirm(reader=colleague, study_id=study.id)
    with pytest.raises(DomainError) as refused:
        read_confirm(reader=reader, study_id=study.id)
    assert refused.value.code == "already_read"
    assert [read["by"] for read in refused.value.details["reads"]] == ["colleague"]
    assert not Read.objects.filter(reader=reader).exists()


def test_a_second_read_stands_beside_the_first(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    first = read_confirm(reader=colleague, study_id=study.id)
    finding_reject(reader=reader, finding_id=findings[0].id, second_read=True)
    second = read_sign(reader=reader, study_id=study.id)
    assert second.second_read and not first.second_read
    assert {review.verdict for review in standing_reviews(first)} == {Verdict.CONFIRMED}


def test_the_first_of_two_drafts_is_told_once_the_other_has_signed(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    read_confirm(reader=colleague, study_id=study.id, second_read=True)
    with pytest.raises(DomainError) as refused:
        read_sign(reader=reader, study_id=study.id)
    assert refused.value.code == "already_read"


def test_the_first_of_two_drafts_goes_on_undisturbed(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    finding_confirm(reader=colleague, finding_id=findings[0].id, second_read=True)
    assert read_sign(reader=reader, study_id=study.id).state == ReadState.SIGNED


@pytest.mark.parametrize(
    ("who", "error"),
    [("technologist", NotPermitted), ("reader_elsewhere", NotFound), ("reader_abroad", NotFound)],
)
def test_only_readers_of_the_site_review(
    user_of: Any, study: Any, findings: list[Any], who: str, error: type[DomainError]
) -> None:
    for act in (
        lambda user: read_confirm(reader=user, study_id=study.id),
        lambda user: finding_reject(reader=user, finding_id=findings[0].id),
        lambda user: read_sign(reader=user, study_id=study.id),
    ):
        with pytest.raises(error):
            act(user_of(who))
    assert not Read.objects.exists()
