"""Second reads: asked for by a reader or drawn at the signature; fulfilled by somebody else's."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from feedback.errors import SecondReadAsked
from feedback.models import Read, SecondReadReason, SecondReadRequest
from feedback.policy import PolicyValues, sampled_for_second_read
from feedback.services.policy import policy_set
from feedback.services.reads import read_confirm
from feedback.services.second_reads import second_read_request
from feedback.services.undo import read_undo
from imaging.models import Study


@pytest.fixture
def everything_twice(site: Any) -> None:
    policy_set(site=site, values=PolicyValues(second_read_share=1.0), actor=None)


def test_asking_twice_is_asking_once_and_is_audited_once(study: Study, reader: Any) -> None:
    first, created = second_read_request(reader=reader, study_id=study.id, comment="edge of the film")
    again, created_again = second_read_request(reader=reader, study_id=study.id)
    assert (first.id, created, created_again, again.comment) == (again.id, True, False, "edge of the film")
    assert AuditEvent.objects.filter(action=Action.SECOND_READ_ASKED.value).count() == 1


def test_what_somebody_else_asked_for_is_not_asked_for_again(study: Study, reader: Any, colleague: Any) -> None:
    second_read_request(reader=reader, study_id=study.id)
    with pytest.raises(SecondReadAsked):
        second_read_request(reader=colleague, study_id=study.id)


def test_somebody_elses_signature_fulfils_a_request_and_ones_own_does_not(
    study: Study, reader: Any, colleague: Any
) -> None:
    request, _ = second_read_request(reader=reader, study_id=study.id)
    read_confirm(reader=reader, study_id=study.id)
    request.refresh_from_db()
    assert request.fulfilled_at is None
    read_confirm(reader=colleague, study_id=study.id)
    request.refresh_from_db()
    assert request.fulfilled_by == colleague
    assert Read.objects.get(reader=colleague).second_read


def test_a_signature_that_is_taken_back_opens_what_it_fulfilled(study: Study, reader: Any, colleague: Any) -> None:
    request, _ = second_read_request(reader=reader, study_id=study.id)
    read_confirm(reader=colleague, study_id=study.id)
    read_undo(reader=colleague, study_id=study.id)
    request.refresh_from_db()
    assert (request.fulfilled_by, request.fulfilled_at) == (None, None)


def test_the_first_signature_draws_a_second_read_and_only_once(
    study: Study, reader: Any, colleague: Any, everything_twice: None
) -> None:
    read_confirm(reader=reader, study_id=study.id)
    read_undo(reader=reader, study_id=study.id)
    read_confirm(reader=reader, study_id=study.id)
    read_confirm(reader=colleague, study_id=study.id)
    request = SecondReadRequest.objects.get(study=study)
    assert (request.reason, request.requested_by, request.fulfilled_by) == (SecondReadReason.SAMPLED, reader, colleague)


def test_nothing_is_drawn_where_the_share_is_nought(study: Study, reader: Any) -> None:
    read_confirm(reader=reader, study_id=study.id)
    assert not SecondReadRequest.objects.exists()


def test_the_sample_is_keyed_stays_and_grows_with_the_share(study: Study) -> None:
    studies = [Study(id=uuid4(), organisation_id=study.organisation_id) for _ in range(2000)]
    tenth = {one.id for one in studies if sampled_for_second_read(one, 0.1)}
    half = {one.id for one in studies if sampled_for_second_read(one, 0.5)}
    assert tenth < half and tenth == {one.id for one in studies if sampled_for_second_read(one, 0.1)}
    assert 140 <= len(tenth) <= 260 and 900 <= len(half) <= 1100  # binomial, six standard deviations
    assert all(sampled_for_second_read(one, 1.0) for one in studies)
    assert not any(sampled_for_second_read(one, 0.0) for one in studies)
