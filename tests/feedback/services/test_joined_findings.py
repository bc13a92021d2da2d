"""A reader may review a label before the detector is through: their word then stands for the joined finding."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from feedback.errors import FindingOutdated
from feedback.models import Verdict
from feedback.selectors import standing_reviews
from feedback.services.reads import finding_confirm, finding_correct, finding_reject, read_confirm
from feedback.services.undo import read_undo
from imaging.models import Finding
from imaging.pipeline.values import BoundingBox
from tests.feedback.making import make_finding, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def joined(findings: list[Any]) -> Any:
    """The first finding and a box of it, joined: made when a test asks for it."""

    def make() -> Finding:
        second = make_version()
        found = make_finding(findings[0].result, source="joined", second_version=second, second_positive=True)
        Finding.objects.filter(pk=findings[0].pk).update(joined_in=found)
        return found

    return make


def test_a_joined_finding_is_confirmed_like_any_other_with_its_box(
    reader: Any, study: Any, findings: list[Any], joined: Any
) -> None:
    found = joined()
    read = read_confirm(reader=reader, study_id=study.id)
    reviews = {review.label: review for review in standing_reviews(read)}
    assert set(reviews) == {"effusion", "mass"}
    assert (reviews["effusion"].finding_id, reviews["effusion"].left) == (found.id, 10.0)


def test_both_models_are_audited(reader: Any, study: Any, joined: Any) -> None:
    found = joined()
    finding_confirm(reader=reader, finding_id=found.id)
    event = AuditEvent.objects.get(action=Action.FINDING_CONFIRMED.value)
    detail = event_detail(event)
    assert event.model_sha256 == found.model_version.sha256
    assert detail is not None and detail["second_model"]["sha256"] == found.second_version.sha256


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.CONFIRMED, Verdict.CORRECTED])
def test_a_word_given_before_the_join_stands_for_the_joined_finding(
    reader: Any, study: Any, findings: list[Any], joined: Any, verdict: str
) -> None:
    acts = {
        Verdict.REJECTED: lambda known: finding_reject(reader=reader, finding_id=known),
        Verdict.CONFIRMED: lambda known: finding_confirm(reader=reader, finding_id=known),
        Verdict.CORRECTED: lambda known: finding_correct(
            reader=reader, finding_id=known, box=BoundingBox(1.0, 1.0, 9.0, 9.0)
        ),
    }
    acts[verdict](findings[0].id)
    found = joined()
    read = read_confirm(reader=reader, study_id=study.id)
    given = [(review.standing_finding_id, review.verdict) for review in standing_reviews(read)]
    assert (found.id, verdict) in given
    assert len(given) == 2


def test_a_later_word_on_the_joined_finding_replaces_the_earlier_one_and_undo_brings_it_back(
    reader: Any, study: Any, findings: list[Any], joined: Any
) -> None:
    review = finding_reject(reader=reader, finding_id=findings[0].id)
    finding_confirm(reader=reader, finding_id=joined().id)
    assert [one.verdict for one in standing_reviews(review.read)] == [Verdict.CONFIRMED]
    read_undo(reader=reader, study_id=study.id)
    assert [one.verdict for one in standing_reviews(review.read)] == [Verdict.REJECTED]


def test_what_was_joined_in_another_is_not_reviewed_any_more(
    reader: Any, study: Any, findings: list[Any], joined: Any
) -> None:
    joined()
    with pytest.raises(FindingOutdated):
        finding_confirm(reader=reader, finding_id=findings[0].id)


def test_the_reviews_of_a_study_name_the_finding_that_stands(
    api: Any, reader: Any, study: Any, findings: list[Any], joined: Any
) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    found = joined()
    body = api("reader").get(f"/api/studies/{study.id}/reviews/").json()
    assert body["reads"][0]["reviews"][0]["finding_id"] == str(found.id)
