"""The worklist: who waits, in which order, and why."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback.services.reads import finding_reject, read_confirm, read_sign
from feedback.services.worklist_entries import worklist_entry_refresh
from feedback.worklist import worklist_answer, worklist_next, worklist_page
from feedback.worklist_figures import WorklistFigures
from feedback.worklist_filter import LANES, WorklistFilter
from imaging.models import AnalysisState, Finding, Study, TriageClass
from tests import factories, films
from tests.feedback.making import make_analysed, make_finding

pytestmark = pytest.mark.django_db


@pytest.fixture
def study_in(site: Any, user_of: Any) -> Any:
    """study_in(state, triage, minutes ago)."""

    def make(state: str, triage: str = "", minutes: int = 0, **intake: Any) -> Study:
        study = factories.make_study(site, user_of("technologist"), **intake).study
        received = timezone.now() - timedelta(minutes=minutes)
        Study.objects.filter(pk=study.pk).update(analysis_state=state, triage_class=triage, created_at=received)
        study.refresh_from_db()
        worklist_entry_refresh(study)
        return study

    return make


def figures_of(reader: Any, **wanted: Any) -> WorklistFigures:
    return worklist_answer(reader, WorklistFilter(**wanted)).figures


def order(reader: Any, **wanted: Any) -> list[Any]:
    return [row.id for row in worklist_page(reader, WorklistFilter(**wanted)).rows]


def test_urgent_comes_first_then_flagged_then_unjudged_then_the_rest_by_waiting_time(
    reader: Any, study_in: Any
) -> None:
    analysed = AnalysisState.ANALYSED
    normal = study_in(analysed, TriageClass.NORMAL, minutes=50)
    waiting = study_in(AnalysisState.WAITING, minutes=55)
    cancelled = study_in(AnalysisState.CANCELLED, minutes=5)
    unseen = study_in(AnalysisState.NOT_ANALYSED, minutes=10)
    flagged = study_in(analysed, TriageClass.FLAGGED, minutes=1)
    fresh_urgent = study_in(analysed, TriageClass.URGENT, minutes=1)
    old_urgent = study_in(analysed, TriageClass.URGENT, minutes=20)
    expected = [old_urgent, fresh_urgent, flagged, unseen, cancelled, waiting, normal]
    assert order(reader) == [study.id for study in expected]


def test_what_waits_past_the_limit_moves_up_and_says_why(reader: Any, study_in: Any) -> None:
    overdue = study_in(AnalysisState.ANALYSED, TriageClass.NORMAL, minutes=5 * 60)
    study_in(AnalysisState.NOT_ANALYSED, minutes=10)
    first = worklist_page(reader, WorklistFilter()).rows[0]
    assert (first.id, first.why_here) == (overdue.id, "waited 5 h, past the limit of 4 h")


def test_pages_follow_each_other_without_gap_or_double(reader: Any, study_in: Any) -> None:
    for minutes in range(5):
        study_in(AnalysisState.ANALYSED, TriageClass.NORMAL, minutes=minutes)
    whole = order(reader)
    first = worklist_page(reader, WorklistFilter(), size=2)
    second = worklist_page(reader, WorklistFilter(), after=first.end, size=2)
    third = worklist_page(reader, WorklistFilter(), after=second.end, size=2)
    pages = [row.id for page in (first, second, third) for row in page.rows]
    assert pages == whole and third.end is None


def test_a_signed_study_leaves_the_list_and_is_read_today(reader: Any, study: Any) -> None:
    read_confirm(reader=reader, study_id=study.id)
    assert order(reader) == []
    row = worklist_page(reader, WorklistFilter(lane="read_today")).rows[0]
    assert [(mark.state, mark.mine) for mark in row.reads] == [("signed", True)]


def test_lanes_hold_what_they_say(reader: Any, colleague: Any, study: Any, findings: list[Any]) -> None:
    finding_reject(reader=reader, finding_id=findings[0].id)
    assert order(reader, lane="mine") == [study.id] and order(colleague, lane="mine") == []
    assert order(reader, lane="disagree") == []
    read_sign(reader=reader, study_id=study.id)
    assert order(colleague, lane="disagree") == [study.id] and order(reader, lane="mine") == []


def test_a_row_says_each_positive_label_once_with_its_boxes(reader: Any, study: Any, findings: list[Any]) -> None:
    make_finding(findings[0].result, probability=0.4)
    row = worklist_page(reader, WorklistFilter()).rows[0]
    said = [(one.label, one.probability, one.boxes) for one in row.said]
    assert said == [("effusion", 0.91, 2), ("mass", 0.62, 0)]


def test_a_row_quotes_the_label_of_a_joined_finding_where_it_is_surer_than_its_box(
    reader: Any, study: Any, findings: list[Any]
) -> None:
    make_finding(findings[0].result, label="caries", source="joined", probability=0.4, **second(0.7, True))
    make_finding(findings[0].result, label="fluid", source="joined", probability=0.4, **second(0.9, False))
    said = {one.label: (one.probability, one.boxes) for one in worklist_page(reader, WorklistFilter()).rows[0].said}
    assert (said["caries"], said["fluid"]) == ((0.7, 1), (0.4, 1))


def second(probability: float, positive: bool) -> dict[str, Any]:
    return {"second_probability": probability, "second_positive": positive}


def test_a_finding_that_was_joined_in_another_is_not_said_twice(reader: Any, study: Any, findings: list[Any]) -> None:
    joined = make_finding(findings[0].result, source="joined", probability=0.5)
    Finding.objects.filter(pk=findings[0].pk).update(joined_in=joined)
    worklist_entry_refresh(study)
    said = {one.label: (one.probability, one.boxes) for one in worklist_page(reader, WorklistFilter()).rows[0].said}
    assert said["effusion"] == (0.5, 1)


def test_rows_of_sites_without_permission_are_not_there(reader: Any, user_of: Any, study: Any) -> None:
    assert order(reader) == [study.id]
    assert order(user_of("reader_elsewhere")) == [] and order(user_of("model_manager")) == []


def test_the_patient_id_is_matched_exactly_but_for_case_and_space(reader: Any, study_in: Any) -> None:
    known = study_in(AnalysisState.WAITING, data=films.make_dicom(patient_id="ZZ-0042"))
    study_in(AnalysisState.WAITING, data=films.make_dicom(patient_id="ZZ-00421"))
    assert order(reader, search=("patient_id", " zz-0042 "), lane="all") == [known.id]
    assert order(reader, search=("patient_id", "ZZ-004"), lane="all") == []


def test_next_follows_the_order_and_starts_again_at_the_top(reader: Any, study_in: Any) -> None:
    normal = study_in(AnalysisState.ANALYSED, TriageClass.NORMAL, minutes=9)
    urgent = study_in(AnalysisState.ANALYSED, TriageClass.URGENT, minutes=1)
    after_urgent = worklist_next(reader, WorklistFilter(), study=urgent)
    after_normal = worklist_next(reader, WorklistFilter(), study=normal)
    assert (after_urgent.id, after_normal.id) == (normal.id, urgent.id)


def test_next_of_the_last_study_is_nothing(reader: Any, study: Any) -> None:
    assert worklist_next(reader, WorklistFilter(), study=study) is None


def test_the_figures_count_what_waits(reader: Any, study: Any, study_in: Any) -> None:
    study_in(AnalysisState.NOT_ANALYSED, minutes=30)
    figures = figures_of(reader)
    assert (figures.urgent, figures.waiting, figures.median_seconds) == (1, 2, None)
    assert 30 * 60 <= figures.oldest_seconds < 31 * 60
    assert figures.lanes["administrative"] == 0 and figures.lanes["all"] == 2
    read_confirm(reader=reader, study_id=study.id)
    assert figures_of(reader).median_seconds is not None


def test_a_page_takes_the_same_number_of_queries_for_one_study_and_for_six(
    reader: Any, study: Any, study_in: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        make_analysed(study_in(AnalysisState.ANALYSED))
    with django_assert_max_num_queries(2):
        assert len(worklist_page(reader, WorklistFilter()).rows) == 6


@pytest.mark.parametrize("lane", LANES)
def test_every_count_is_the_number_of_rows_in_its_lane(
    reader: Any, colleague: Any, study: Any, findings: list[Any], study_in: Any, lane: str
) -> None:
    study_in(AnalysisState.NOT_ANALYSED)
    study_in(AnalysisState.NEEDS_HUMAN)
    other = make_finding(make_analysed(study_in(AnalysisState.ANALYSED)))
    finding_reject(reader=reader, finding_id=findings[0].id)
    finding_reject(reader=colleague, finding_id=other.id)
    read_sign(reader=colleague, study_id=other.study_id)
    assert figures_of(reader).lanes[lane] == len(order(reader, lane=lane))
