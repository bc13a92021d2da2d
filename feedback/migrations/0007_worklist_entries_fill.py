"""Every study that is there gets its entry. Accession numbers are encrypted under patients' keys, which a migration
does not open: `manage.py worklist_rebuild` makes those of earlier studies searchable."""

from collections import defaultdict
from itertools import islice
from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef, Q

from feedback.discordance_rules import Said
from feedback.worklist_facts import ReadFacts, SecondFacts, StudyFacts, entry_facts

BATCH = 500
FINDING = ("study_id", "label", "probability", "left", "second_probability", "second_positive")


def fill(apps: Any, schema_editor: Any) -> None:
    studies = apps.get_model("imaging", "Study").objects.filter(worklist_entry=None).order_by("created_at", "id")
    rest = studies.iterator(chunk_size=BATCH)
    while chunk := list(islice(rest, BATCH)):
        _fill_some(apps, chunk)


def _fill_some(apps: Any, studies: list[Any]) -> None:
    entry_model, facet_model = apps.get_model("feedback", "WorklistEntry"), apps.get_model("feedback", "WorklistFacet")
    reads, findings, versions, seconds = (
        gather(apps, [study.id for study in studies]) for gather in (_reads, _findings, _versions, _seconds)
    )
    facts = {
        study.id: entry_facts(
            study,
            StudyFacts(reads[study.id], findings[study.id], versions[study.id], seconds.get(study.id)),
        )
        for study in studies
    }
    entries = [entry_model(study_id=study_id, **found.columns) for study_id, found in facts.items()]
    entry_model.objects.bulk_create(entries)
    facet_model.objects.bulk_create(
        facet_model(
            entry=entry,
            kind=kind,
            value=value,
            site_id=entry.site_id,
            grade=entry.grade,
            received_at=entry.received_at,
        )
        for entry in entries
        for kind, value in sorted(facts[entry.study_id].facets)
    )


def _reads(apps: Any, study_ids: list[Any]) -> dict[Any, list[ReadFacts]]:
    found: dict[Any, list[ReadFacts]] = defaultdict(list)
    words = _words(apps, study_ids)
    reads = apps.get_model("feedback", "Read").objects.filter(study__in=study_ids).select_related("reader")
    for read in reads.order_by("created_at"):
        by = read.reader.display_name or read.reader.username
        signed_at = read.signed_at if read.state == "signed" else None
        found[read.study_id].append(ReadFacts(read.reader_id, by, signed_at, read.created_at, words[read.id]))
    return found


def _words(apps: Any, study_ids: list[Any]) -> dict[Any, tuple[Said, ...]]:
    latest: dict[Any, dict[Any, Any]] = defaultdict(dict)
    reviews = apps.get_model("feedback", "FindingReview").objects.filter(read__study__in=study_ids, withdrawal=None)
    for review in reviews.select_related("finding").order_by("created_at", "id"):
        finding = review.finding and (review.finding.joined_in_id or review.finding_id)
        latest[review.read_id][finding or review.revises_id or review.id] = review
    words: dict[Any, tuple[Said, ...]] = defaultdict(tuple)
    for read_id, items in latest.items():
        standing = [review for review in items.values() if review.verdict != "removed"]
        words[read_id] = tuple(_said(review) for review in standing)
    return words


def _said(review: Any) -> Said:
    corners = (review.left, review.top, review.right, review.bottom)
    return Said(
        verdict=review.verdict,
        label=review.label,
        model_label=review.finding.label if review.finding else "",
        place=(str(review.instance_id), review.frame_index),
        box=None if None in corners else corners,
        tooth=review.tooth,
        finding=str((review.finding and review.finding.joined_in_id) or review.finding_id or ""),
    )


def _findings(apps: Any, study_ids: list[Any]) -> dict[Any, list[Any]]:
    missed = apps.get_model("imaging", "FrameResult").objects.filter(
        status="not_analysed",
        frame_index=OuterRef("frame_index"),
        run__instance=OuterRef("instance"),
        run__state="succeeded",
    )
    standing = Q(result__run__state="succeeded", joined_in=None, positive=True) & ~Exists(missed)
    findings = apps.get_model("imaging", "Finding").objects.filter(standing, study__in=study_ids)
    found: dict[Any, list[Any]] = defaultdict(list)
    for finding in findings.order_by("-probability").values_list(*FINDING, named=True):
        found[finding.study_id].append(finding)
    return found


def _versions(apps: Any, study_ids: list[Any]) -> dict[Any, list[Any]]:
    runs = apps.get_model("imaging", "InferenceRun").objects.filter(instance__series__study__in=study_ids)
    pairs = runs.exclude(state="superseded").order_by().values_list("instance__series__study", "model_version")
    found: dict[Any, list[Any]] = defaultdict(list)
    for study_id, version in pairs.distinct():
        found[study_id].append(version)
    return found


def _seconds(apps: Any, study_ids: list[Any]) -> dict[Any, SecondFacts]:
    requests = apps.get_model("feedback", "SecondReadRequest").objects.filter(study__in=study_ids, fulfilled_at=None)
    return {request.study_id: SecondFacts(request.reason, request.requested_by_id) for request in requests}


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0006_worklist_turn_current"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
