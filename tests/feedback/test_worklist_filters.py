"""Lanes, filters and searches: who is in, who is not, and what a blind reader is not told."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.keyholder import blind_index
from feedback.policy import PolicyValues
from feedback.services.blind_reads import read_commit
from feedback.services.policy import policy_set
from feedback.services.reads import finding_reject, read_confirm, read_sign
from feedback.services.second_reads import second_read_request
from feedback.services.worklist_entries import worklist_entry_refresh
from feedback.worklist import worklist_answer, worklist_page
from feedback.worklist_filter import WorklistFilter
from feedback.worklist_rows import WorklistRow
from imaging.models import AnalysisState, InferenceRun, InsuranceClaim, Patient, Study, TriageClass
from imaging.services.retention import study_erase
from tests import factories
from tests.feedback.making import make_analysed, make_finding

pytestmark = pytest.mark.django_db


@pytest.fixture
def study_in(site: Any, user_of: Any) -> Any:
    """study_in(state, triage, minutes ago, reason)."""

    def make(state: str = "analysed", triage: str = "", minutes: int = 0, reason: str = "", **columns: Any) -> Study:
        study = factories.make_study(site, user_of("technologist")).study
        received = timezone.now() - timedelta(minutes=minutes)
        given = {"analysis_state": state, "triage_class": triage, "created_at": received, "analysis_reason": reason}
        Study.objects.filter(pk=study.pk).update(**given | columns)
        study.refresh_from_db()
        worklist_entry_refresh(study)
        return study

    return make


@pytest.fixture
def claim(site: Any, user_of: Any) -> InsuranceClaim:
    number = "CLM-2026-0815"
    index = blind_index(site.organisation_id, "claim_number", number)
    return InsuranceClaim.objects.create(
        organisation=site.organisation,
        site=site,
        claim_number=number,
        claim_number_index=index,
        created_by=user_of("technologist"),
    )


def rows(reader: Any, **wanted: Any) -> list[WorklistRow]:
    return list(worklist_page(reader, WorklistFilter(**wanted)).rows)


def ids(reader: Any, **wanted: Any) -> list[Any]:
    return [row.id for row in rows(reader, **wanted)]


def test_what_no_reader_may_judge_is_administrative_and_nowhere_else(reader: Any, study_in: Any) -> None:
    wrong = study_in("not_analysed", reason="wrong_body_part: a hand", minutes=3)
    failed = study_in("needs_human", reason="pipeline_failed: x", minutes=2)
    unseen = study_in("not_analysed", reason="no_model: none is routed")
    assert ids(reader, lane="administrative") == [wrong.id, failed.id]
    assert ids(reader) == [unseen.id]
    assert [row.why_here for row in rows(reader, lane="administrative")] == [
        "wrong view or body part",
        "a model failed: needs a human",
    ]


def test_an_administrative_study_that_is_read_after_all_is_read(reader: Any, study_in: Any) -> None:
    study = study_in("not_analysed", reason="cropped: a part")
    read_sign(reader=reader, study_id=study.id)
    assert ids(reader, lane="administrative") == [] and ids(reader, lane="read_today") == [study.id]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"triage": "urgent"}, {"urgent"}),
        ({"triage": "none"}, {"waiting", "chest"}),
        ({"state": "waiting"}, {"waiting"}),
        ({"case_type": "chest"}, {"chest"}),
        ({"case_type": "unknown"}, {"urgent", "waiting", "old"}),
        ({"triage": "normal", "state": "analysed"}, {"old"}),
        ({"triage": "urgent", "state": "waiting"}, set()),
    ],
)
def test_filters_narrow_by_what_they_name(reader: Any, study_in: Any, wanted: dict[str, str], found: set[str]) -> None:
    studies = {
        "urgent": study_in(triage=TriageClass.URGENT, case_type=""),
        "waiting": study_in("waiting", case_type=""),
        "chest": study_in("not_analysed", case_type="chest"),
        "old": study_in(triage=TriageClass.NORMAL, minutes=60 * 30, case_type=""),
    }
    assert set(ids(reader, **wanted)) == {studies[name].id for name in found}


def test_days_of_receipt_are_both_included(reader: Any, study_in: Any) -> None:
    days = [study_in(minutes=60 * 24 * number) for number in range(4)]
    today = timezone.now().date()
    between = ids(reader, date_from=today - timedelta(days=2), date_to=today - timedelta(days=1))
    assert between == [days[2].id, days[1].id]
    assert ids(reader, date_from=today) == [days[0].id]
    assert ids(reader, date_to=today - timedelta(days=3)) == [days[3].id]


def test_of_one_site(reader: Any, user_of: Any, study_in: Any, site: Any, other_site: Any) -> None:
    factories.make_study(other_site, user_of("technologist_elsewhere"))
    mine = study_in()
    both = factories.make_user("reader", site, other_site, username="of-both")
    assert len(ids(both)) == 2
    assert ids(both, site_id=site.id) == [mine.id] and ids(reader, site_id=other_site.id) == []


def test_pages_of_two_sites_are_one_order(study_in: Any, site: Any, other_site: Any) -> None:
    both = factories.make_user("reader", site, other_site, username="of-both")
    studies = [study_in(triage=TriageClass.NORMAL, minutes=10 * number) for number in range(6)]
    for study in studies[::2]:
        Study.objects.filter(pk=study.pk).update(site=other_site)
        worklist_entry_refresh(study)
    first = worklist_page(both, WorklistFilter(), size=4)
    second = worklist_page(both, WorklistFilter(), size=4, after=first.end)
    expected = [study.id for study in reversed(studies)]
    assert [row.id for row in (*first.rows, *second.rows)] == expected and second.end is None


def test_a_claim_is_a_lane_a_filter_and_a_masked_number(reader: Any, study_in: Any, claim: Any) -> None:
    claimed, other = study_in(insurance_claim=claim), study_in()
    assert ids(reader, lane="claims") == ids(reader, claim="with") == ids(reader, claim_id=claim.id) == [claimed.id]
    assert ids(reader, claim="without") == [other.id]
    assert rows(reader, lane="claims")[0].claim == rows(reader, claim_id=claim.id)[0].claim == "…815"


@pytest.mark.parametrize("typed", [" clm-2026-0815 ", "CLM-2026-0815"])
def test_a_claim_is_found_by_its_whole_number(reader: Any, study_in: Any, claim: Any, typed: str) -> None:
    study = study_in(insurance_claim=claim)
    assert ids(reader, lane="all", search=("claim_number", typed)) == [study.id]
    assert ids(reader, lane="all", search=("claim_number", "CLM-2026")) == []


def test_a_study_is_found_by_accession_number_and_by_pseudonym(reader: Any, study_in: Any) -> None:
    study, other = study_in(), study_in()
    for one, number in ((study, "ACC-77"), (other, "ACC-78")):
        one.accession_number = number
        one.save(update_fields=["accession_number"])
        worklist_entry_refresh(one)
    pseudonym = Patient.objects.get(studies=study).pseudonym
    assert ids(reader, lane="all", search=("accession_number", "acc-77")) == [study.id]
    assert ids(reader, lane="all", search=("pseudonym", pseudonym.lower())) == [study.id]
    assert ids(reader, lane="all", search=("pseudonym", "P-12")) == []


def test_by_the_version_that_looked_at_it(reader: Any, study_in: Any) -> None:
    looked, _ = study_in(), study_in()
    make_analysed(looked)
    version = InferenceRun.objects.get(instance__series__study=looked).model_version_id
    assert ids(reader, model_version=version) == [looked.id]
    assert ids(reader, model_version=version, case_type="bone") == []


def test_mine_are_drafts_in_their_lane_and_every_own_read_as_a_filter(
    reader: Any, colleague: Any, study: Any, findings: list[Any], study_in: Any
) -> None:
    signed = study_in()
    read_sign(reader=reader, study_id=signed.id)
    finding_reject(reader=reader, finding_id=findings[0].id)
    assert ids(reader, lane="mine") == [study.id] and ids(colleague, lane="mine") == []
    assert set(ids(reader, lane="all", mine=True)) == {study.id, signed.id}
    assert ids(colleague, lane="all", mine=True) == []


def test_a_disagreement_says_who_sees_what(reader: Any, study: Any, findings: list[Any]) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    read_sign(reader=reader, study_id=study.id)
    row = rows(reader, lane="disagree")[0]
    assert row.disagreement == [f"the model sees effusion, {reader.username} does not"]
    assert ids(reader, lane="all", disagreement=True) == [study.id]


def test_while_a_second_read_is_open_no_disagreement_is_told(
    reader: Any, colleague: Any, study: Any, findings: list[Any]
) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    read_sign(reader=reader, study_id=study.id)
    second_read_request(reader=reader, study_id=study.id)
    assert ids(colleague, lane="disagree") == [] and rows(colleague, lane="second_reads")[0].disagreement == []
    read_confirm(reader=colleague, study_id=study.id, second_read=True)
    assert ids(colleague, lane="disagree") == [study.id] and ids(colleague, lane="second_reads") == []


def test_second_reads_keep_their_urgency_and_say_why(reader: Any, study_in: Any) -> None:
    normal, urgent = study_in(triage=TriageClass.NORMAL, minutes=9), study_in(triage=TriageClass.URGENT)
    for study in (normal, urgent):
        second_read_request(reader=reader, study_id=study.id)
    found = rows(reader, lane="second_reads")
    assert [row.id for row in found] == [urgent.id, normal.id]
    assert [(row.second_read, row.why_here) for row in found] == [("requested", "waits for another reader")] * 2


def test_at_a_blind_site_neither_rows_nor_their_order_say_what_the_models_say(
    reader: Any, study_in: Any, site: Any, study: Any
) -> None:
    older = study_in(triage=TriageClass.NORMAL, minutes=30)
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    found = rows(reader)
    assert [row.id for row in found] == [older.id, study.id]
    assert {(row.blind, row.rank, row.triage_class, len(row.said), row.why_here) for row in found} == {
        (True, 4, "", 0, "in order of arrival")
    }


def test_at_a_blind_site_a_filter_by_triage_finds_only_what_may_be_shown(
    reader: Any, colleague: Any, study_in: Any, site: Any, study: Any
) -> None:
    read = study_in(triage=TriageClass.URGENT)
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    assert ids(reader, lane="all", triage="urgent") == []
    read_commit(reader=reader, study_id=read.id, impression="normal")
    read_sign(reader=reader, study_id=read.id)
    assert ids(colleague, lane="all", triage="urgent") == [read.id]
    assert worklist_answer(reader, WorklistFilter()).figures.urgent == 0


def test_what_is_read_comes_last_the_newest_first(reader: Any, study_in: Any) -> None:
    older, newer, waiting = study_in(minutes=60), study_in(minutes=30), study_in(minutes=5)
    for study in (older, newer):
        read_sign(reader=reader, study_id=study.id)
    assert ids(reader, lane="all") == [waiting.id, newer.id, older.id]
    assert ids(reader, lane="all", study_ids=(older.id, newer.id)) == [newer.id, older.id]


def test_an_erased_study_leaves_the_list(reader: Any, study_in: Any, user_of: Any) -> None:
    study_erase(study=study_in(), actor=user_of("technologist"))
    assert ids(reader, lane="all") == []


def test_counts_stop_at_a_thousand(reader: Any, study_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.worklist_figures.MOST", 2)
    for _ in range(3):
        study_in(AnalysisState.WAITING)
    figures = worklist_answer(reader, WorklistFilter()).figures
    assert (figures.waiting, figures.lanes["all"]) == (2, 2)


def test_a_row_quotes_what_is_due(reader: Any, study_in: Any) -> None:
    result = make_analysed(study_in(minutes=60 * 5), triage=TriageClass.NORMAL)
    make_finding(result, probability=0.4)
    row = rows(reader)[0]
    assert (row.wait_limit_seconds, row.overdue, row.leased_by, row.claim) == (4 * 3600, True, "", "")
