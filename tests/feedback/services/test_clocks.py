"""The six clocks of a study, and the time that readers spent, against a clock that the test sets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback.models import ReadingTime, StudyClocks
from feedback.policy import PolicyValues
from feedback.services import clocks
from feedback.services.blind_reads import read_commit
from feedback.services.policy import policy_set
from feedback.services.reading_time import MOST_SECONDS, Counted, reading_time_add
from feedback.services.reads import finding_confirm, read_confirm, read_sign
from feedback.services.undo import read_undo
from imaging.listeners import Happening, study_happened
from imaging.models import AnalysisState, Study, TriageClass

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def wait(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    yield clock


def clocks_of(study: Study) -> StudyClocks:
    return StudyClocks.objects.get(study=study)


def pulse(reader: Any, study: Study, seconds: float, ai: float = 0.0) -> Counted:
    return reading_time_add(reader=reader, study_id=study.id, active_seconds=seconds, ai_seconds=ai)


def test_the_clocks_start_when_a_study_is_received(bare_study: Study) -> None:
    row = clocks_of(bare_study)
    assert abs(row.received_at - bare_study.created_at) < timedelta(seconds=1)
    assert (row.analysed_at, row.signed_at, row.site_id) == (None, None, bare_study.site_id)


def test_each_clock_shows_the_first_time_and_no_other(
    bare_study: Study, findings: list[Any], reader: Any, clock: Clock
) -> None:
    study_happened(bare_study, Happening.CHANGED)
    clock.wait(10)
    pulse(reader, bare_study, 0)
    clock.wait(10)
    finding_confirm(reader=reader, finding_id=findings[0].id)
    clock.wait(10)
    read_confirm(reader=reader, study_id=bare_study.id)
    clock.wait(10)
    clocks.exported(bare_study)
    for _ in range(2):
        clock.wait(1000)
        study_happened(bare_study, Happening.CHANGED)
        pulse(reader, bare_study, 0)
        clocks.decided(bare_study)
        clocks.exported(bare_study)
    row = clocks_of(bare_study)
    times = (row.analysed_at, row.first_opened_at, row.first_decision_at, row.signed_at, row.exported_at)
    assert [(at - START).total_seconds() for at in times] == [0, 10, 20, 30, 40]  # type: ignore[operator]
    assert (row.signed_by, row.triage_class) == (reader, TriageClass.URGENT)


def test_a_study_that_was_not_analysed_has_no_time_of_analysis(bare_study: Study) -> None:
    Study.objects.filter(pk=bare_study.pk).update(analysis_state=AnalysisState.NOT_ANALYSED)
    bare_study.refresh_from_db()
    study_happened(bare_study, Happening.CHANGED)
    assert clocks_of(bare_study).analysed_at is None


def test_a_signature_that_is_taken_back_leaves_the_clock_running(
    study: Study, reader: Any, colleague: Any, clock: Clock
) -> None:
    read_confirm(reader=reader, study_id=study.id)
    read_undo(reader=reader, study_id=study.id)
    assert clocks_of(study).signed_at is None
    read_confirm(reader=reader, study_id=study.id)
    second = clock.wait(60)
    read_confirm(reader=colleague, study_id=study.id, second_read=True)
    read_undo(reader=reader, study_id=study.id)
    assert (clocks_of(study).signed_at, clocks_of(study).signed_by) == (second, colleague)


def test_the_first_pulse_opens_a_study_and_counts_nothing(study: Study, reader: Any, clock: Clock) -> None:
    assert pulse(reader, study, 15).counted_seconds == 0.0
    assert clocks_of(study).first_opened_at == START


def test_a_page_is_not_believed_beyond_the_wall_clock(study: Study, reader: Any, clock: Clock) -> None:
    pulse(reader, study, 0)
    clock.wait(10)
    assert pulse(reader, study, 12).counted_seconds == 10.0
    clock.wait(15)
    assert pulse(reader, study, 9.5).counted_seconds == 9.5
    assert pulse(reader, study, 9.5).counted_seconds == 0.0


def test_after_a_long_pause_no_more_counts_than_a_pulse_and_an_idle_gap_can_hold(
    study: Study, reader: Any, clock: Clock
) -> None:
    pulse(reader, study, 0)
    clock.wait(3600)
    assert pulse(reader, study, 3000).counted_seconds == MOST_SECONDS
    assert clocks_of(study).reading_seconds == MOST_SECONDS


def test_the_machine_counts_as_shown_only_where_it_could_be(study: Study, reader: Any, site: Any, clock: Clock) -> None:
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    pulse(reader, study, 0)
    clock.wait(10)
    pulse(reader, study, 10, ai=10)
    read_commit(reader=reader, study_id=study.id, impression="normal")
    clock.wait(5)
    pulse(reader, study, 5, ai=5)
    row = ReadingTime.objects.get(study=study, reader=reader)
    assert (row.seconds_without_ai, row.seconds_with_ai) == (10.0, 5.0)


def test_blind_first_the_measured_decision_is_the_blind_read(
    study: Study, reader: Any, site: Any, clock: Clock
) -> None:
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    pulse(reader, study, 0)
    clock.wait(12)
    pulse(reader, study, 12)
    read_commit(reader=reader, study_id=study.id, impression="normal")
    clock.wait(8)
    pulse(reader, study, 8, ai=8)
    read_sign(reader=reader, study_id=study.id)
    row = ReadingTime.objects.get(study=study, reader=reader)
    assert (row.arm, row.decision_seconds, row.seconds_with_ai) == ("without_ai", 12.0, 8.0)


def test_with_the_machine_shown_the_measured_decision_is_the_signature(study: Study, reader: Any, clock: Clock) -> None:
    pulse(reader, study, 0)
    clock.wait(20)
    pulse(reader, study, 20, ai=20)
    read_confirm(reader=reader, study_id=study.id)
    row = ReadingTime.objects.get(study=study, reader=reader)
    assert (row.arm, row.decision_seconds) == ("with_ai", 20.0)


def test_a_pulse_that_comes_after_the_decision_counts_up_to_it(study: Study, reader: Any, clock: Clock) -> None:
    pulse(reader, study, 0)
    clock.wait(6)
    read_confirm(reader=reader, study_id=study.id)
    clock.wait(4)
    pulse(reader, study, 10, ai=10)
    row = ReadingTime.objects.get(study=study, reader=reader)
    assert (row.decision_seconds, row.seconds_with_ai) == (6.0, 10.0)


def test_a_study_that_no_model_analysed_is_in_no_arm(bare_study: Study, reader: Any, clock: Clock) -> None:
    pulse(reader, bare_study, 0)
    read_sign(reader=reader, study_id=bare_study.id)
    assert ReadingTime.objects.get(study=bare_study).arm == ""
