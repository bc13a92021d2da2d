"""Who sees what the machine says, and what other readers say, while a study is being read."""

from typing import Any

import pytest

from accounts.models import OutboxEvent
from feedback.errors import AlreadyCommitted, CommitFirst, NothingToCommit
from feedback.models import BlindRead, Read
from feedback.policy import PolicyValues
from feedback.services.blind_reads import read_commit
from feedback.services.disclosure import hidden_study_ids, others_hidden
from feedback.services.policy import policy_set
from feedback.services.reads import finding_add, finding_confirm, read_confirm, read_sign
from feedback.services.second_reads import second_read_request
from feedback.services.undo import read_undo
from imaging.disclosure import (
    NOTHING_IS_SHOWN,
    disclosure_rule_install,
    studies_shown,
)
from imaging.disclosure import (
    hidden_study_ids as imaging_hidden,
)
from imaging.models import Study
from tests import factories


@pytest.fixture
def blind(site: Any) -> None:
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)


def hidden(user: Any, study: Study) -> bool:
    return study.id in hidden_study_ids(user, [study])


def commit(reader: Any, study: Study, impression: str = "normal") -> BlindRead:
    return read_commit(reader=reader, study_id=study.id, impression=impression)


def test_without_a_policy_the_machine_speaks_at_once(study: Study, reader: Any) -> None:
    assert not hidden(reader, study)


def test_without_a_rule_nothing_is_shown_to_anybody(study: Study, reader: Any) -> None:
    before = disclosure_rule_install(NOTHING_IS_SHOWN)
    try:
        assert imaging_hidden(reader, [study]) == {study.id}
        assert not studies_shown(reader, Study.objects.all()).exists()
    finally:
        disclosure_rule_install(before)


def test_the_installed_rule_is_asked_in_one_query(study: Study, reader: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert imaging_hidden(reader, [study]) == frozenset()


def test_blind_first_hides_the_machine_until_each_reader_has_committed(
    study: Study, reader: Any, colleague: Any, blind: None, django_assert_num_queries: Any
) -> None:
    commit(reader, study)
    with django_assert_num_queries(1):
        assert hidden_study_ids(colleague, [study]) == {study.id}
    assert not hidden(reader, study)
    assert not studies_shown(colleague, Study.objects.all()).exists()
    assert studies_shown(reader, Study.objects.all()).get() == study


def test_a_policy_of_one_site_says_nothing_of_another(study: Study, reader: Any, other_site: Any) -> None:
    policy_set(site=other_site, values=PolicyValues(blind_first=True), actor=None)
    assert not hidden(reader, study)
    assert studies_shown(reader, Study.objects.all()).get() == study


def test_whoever_does_not_read_sees_the_machine_once_the_study_is_settled(
    study: Study, reader: Any, user_of: Any, blind: None
) -> None:
    technologist = user_of("technologist")
    commit(reader, study)
    assert hidden(technologist, study)
    read_sign(reader=reader, study_id=study.id)
    assert not hidden(technologist, study)


def test_an_open_second_read_keeps_the_study_unsettled(study: Study, reader: Any, colleague: Any, blind: None) -> None:
    second_read_request(reader=reader, study_id=study.id)
    commit(reader, study)
    read_sign(reader=reader, study_id=study.id)
    assert hidden(colleague, study)


@pytest.mark.parametrize("act", ["confirm", "sign", "finding"])
def test_nobody_answers_to_findings_before_they_committed(
    act: str, study: Study, findings: list[Any], reader: Any, blind: None
) -> None:
    acts = {
        "confirm": lambda: read_confirm(reader=reader, study_id=study.id),
        "sign": lambda: read_sign(reader=reader, study_id=study.id),
        "finding": lambda: finding_confirm(reader=reader, finding_id=findings[0].id),
    }
    with pytest.raises(CommitFirst):
        acts[act]()
    commit(reader, study)
    acts[act]()


def test_the_blind_read_freezes_what_the_reader_found_and_stays_when_they_revise(
    study: Study, findings: list[Any], reader: Any, blind: None
) -> None:
    instance = findings[0].instance_id
    finding_add(reader=reader, study_id=study.id, instance_id=instance, frame=0, label="nodule")
    frozen = commit(reader, study, "abnormal")
    read_undo(reader=reader, study_id=study.id)
    read_sign(reader=reader, study_id=study.id)
    frozen.refresh_from_db()
    assert [(one["label"], one["frame"]) for one in frozen.findings] == [("nodule", 0)]
    assert (frozen.impression, Read.objects.get(reader=reader).state) == ("abnormal", "signed")


def test_a_blind_read_is_committed_once_and_only_where_the_site_reads_blind(
    study: Study, reader: Any, site: Any
) -> None:
    with pytest.raises(NothingToCommit):
        commit(reader, study)
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    commit(reader, study)
    with pytest.raises(AlreadyCommitted):
        commit(reader, study)


def test_others_are_hidden_while_a_second_read_is_open_until_one_has_signed(
    study: Study, reader: Any, colleague: Any, site: Any
) -> None:
    third = factories.make_user("reader", site)
    read_confirm(reader=reader, study_id=study.id)
    assert not others_hidden(colleague, study)
    second_read_request(reader=reader, study_id=study.id)
    assert others_hidden(colleague, study) and others_hidden(third, study) and not others_hidden(reader, study)
    read_confirm(reader=colleague, study_id=study.id)
    assert not others_hidden(colleague, study) and not others_hidden(third, study)


def test_a_second_reader_who_began_stays_blind_after_another_fulfilled_the_request(
    study: Study, findings: list[Any], reader: Any, colleague: Any, site: Any
) -> None:
    third = factories.make_user("reader", site)
    read_confirm(reader=reader, study_id=study.id)
    second_read_request(reader=reader, study_id=study.id)
    finding_confirm(reader=third, finding_id=findings[0].id)
    read_confirm(reader=colleague, study_id=study.id)
    assert others_hidden(third, study)


def test_events_tell_that_a_study_was_read_and_no_verdict(study: Study, findings: list[Any], reader: Any) -> None:
    finding_confirm(reader=reader, finding_id=findings[0].id)
    read_undo(reader=reader, study_id=study.id)
    read_sign(reader=reader, study_id=study.id)
    events = OutboxEvent.objects.filter(study_id=study.id, kind__regex="^(review|read)").values_list("kind", "status")
    assert list(events.order_by("sequence")) == [
        ("review.added", "draft"),
        ("review.undone", "draft"),
        ("read.signed", "signed"),
    ]
