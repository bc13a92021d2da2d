"""Entries follow what they are made of, in the same transaction, and can be made again from it."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from feedback.models import WorklistEntry, WorklistFacet
from feedback.services.reads import finding_reject, read_confirm, read_sign
from feedback.services.second_reads import second_read_request
from feedback.services.undo import read_undo
from feedback.services.worklist_entries import worklist_entry_refresh
from imaging.models import Study, TriageClass
from imaging.services.studies import study_refresh
from tests import factories
from tests.feedback.making import make_analysed, make_finding

pytestmark = pytest.mark.django_db

FILL = import_module("feedback.migrations.0007_worklist_entries_fill")
KEPT = ("lease_holder_id", "leased_until", "accession_index")


def entry_of(study: Study) -> WorklistEntry:
    return WorklistEntry.objects.get(study=study)


def everything() -> list[Any]:
    """All entries and facets, without their numbers, the leases and what a migration cannot open."""
    names = [field.attname for field in WorklistEntry._meta.concrete_fields if field.attname not in ("id", *KEPT)]
    facets = WorklistFacet.objects.values_list("entry__study", "kind", "value", "site", "grade", "received_at")
    return [sorted(WorklistEntry.objects.values_list(*names), key=str), sorted(facets, key=str)]


@pytest.fixture
def busy_list(reader: Any, colleague: Any, study: Any, findings: list[Any], site: Any, user_of: Any) -> None:
    """A study in disagreement, one with a draft, one under an open second read, one that nobody touched."""
    drafted, asked, _ = (factories.make_study(site, user_of("technologist")).study for _ in range(3))
    finding_reject(reader=reader, finding_id=findings[0].id)
    read_sign(reader=reader, study_id=study.id)
    finding = make_finding(make_analysed(drafted))
    finding_reject(reader=colleague, finding_id=finding.id)
    second_read_request(reader=reader, study_id=asked.id)


def test_a_received_study_is_on_the_list_at_once(bare_study: Any) -> None:
    entry = entry_of(bare_study)
    assert (entry.site_id, entry.patient_ref, entry.received_at) == (
        bare_study.site_id,
        bare_study.patient_id,
        bare_study.created_at,
    )


def test_the_entry_follows_the_analysis(study: Any) -> None:
    Study.objects.filter(pk=study.pk).update(triage_class=TriageClass.NORMAL)
    study_refresh(study)
    study.refresh_from_db()
    entry = entry_of(study)
    assert (entry.triage_class, entry.version, entry.analysis_state) == (
        study.triage_class,
        study.version,
        study.analysis_state,
    )


def test_the_entry_follows_a_signature_and_its_undo(reader: Any, study: Any) -> None:
    read_confirm(reader=reader, study_id=study.id)
    signed = entry_of(study)
    assert signed.first_signed_at is not None and [mark["state"] for mark in signed.reads] == ["signed"]
    read_undo(reader=reader, study_id=study.id)
    opened = entry_of(study)
    assert (opened.first_signed_at, opened.first_wait_seconds, opened.reads) == (None, None, [])


def test_made_again_everything_is_as_it_was_kept(busy_list: None) -> None:
    kept = everything()
    WorklistEntry.objects.update(grade=0, said=[], reads=[], case_type="", second_grade=None)
    WorklistFacet.objects.all().delete()
    call_command("worklist_rebuild")
    assert everything() == kept


def test_the_migration_gives_earlier_studies_the_same_entries(busy_list: None) -> None:
    kept = everything()
    WorklistEntry.objects.all().delete()
    FILL.fill(apps, None)
    assert everything() == kept


def test_an_entry_is_written_anew_in_few_queries(study: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(11):
        worklist_entry_refresh(study)
