"""Studies from before the clocks get theirs."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils import timezone

from feedback.models import StudyClocks
from feedback.services.reads import read_confirm
from imaging.models import InferenceRun, Study

fill = import_module("feedback.migrations.0008_clocks_fill").fill


def test_what_is_on_record_becomes_a_time_and_what_is_not_stays_empty(study: Study, reader: Any) -> None:
    ended = timezone.now()
    InferenceRun.objects.update(finished_at=ended)
    read = read_confirm(reader=reader, study_id=study.id)
    StudyClocks.objects.all().delete()
    fill(apps, None)
    fill(apps, None)
    row = StudyClocks.objects.get(study=study)
    assert (row.received_at, row.analysed_at, row.signed_at) == (study.created_at, ended, read.signed_at)
    assert (row.signed_by, row.first_opened_at, row.exported_at) == (reader, None, None)
    assert row.first_decision_at is not None and row.first_decision_at <= read.signed_at
    assert (row.site_id, row.triage_class) == (study.site_id, study.triage_class)
