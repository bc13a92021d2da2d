"""Keeps the entries of the worklist beside what they follow from, in the transaction that changes it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.crypto.fields import ERASED
from accounts.keyholder import blind_index
from feedback.discordance import said
from feedback.discordance_rules import Said
from feedback.models import (
    FindingReview,
    Read,
    ReadState,
    SecondReadRequest,
    Verdict,
    WorklistEntry,
    WorklistFacet,
)
from feedback.priority import Grade
from feedback.worklist_facts import EntryFacts, ReadFacts, SecondFacts, StudyFacts, entry_facts
from imaging.listeners import Happening
from imaging.models import Finding, InferenceRun, RunState, Study
from imaging.selectors import CURRENT_FINDING

BATCH = 200
ACCESSION_FIELD = "accession_number"


def entries_follow(study: Study, happening: Happening) -> None:
    """imaging's listener. A study that goes takes its entry with it (CASCADE)."""
    if happening != Happening.ERASED:
        worklist_entry_refresh(study)


def worklist_entry_refresh(study: Study) -> None:
    """Work out a study's entry and write it; inside the caller's transaction, after what it changed.

    Leases stay as they are, but for one that has nothing left to be kept for: the study is read.
    """
    _write(_rows([study.pk]))


def worklist_rebuild(*, batch: int = BATCH) -> int:
    """Make every entry again, a transaction a batch, while readers go on; gives how many studies there are."""
    done = 0
    ids = Study.objects.order_by("created_at", "id").values_list("id", flat=True).iterator(chunk_size=2000)
    for chunk in _chunks(ids, batch):
        with transaction.atomic():
            _write(_rows(chunk))
        done += len(chunk)
    return done


def _chunks(ids: Iterable[UUID], size: int) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk


def _rows(study_ids: Sequence[UUID]) -> QuerySet[Study]:
    return Study.objects.filter(id__in=study_ids).select_for_update(of=("self",))


def _write(studies: QuerySet[Study]) -> None:
    found = list(studies)
    facts = _facts_of(found)
    known = {entry.study_id: entry for entry in WorklistEntry.objects.filter(study__in=found)}
    for study in found:
        entry = _entry_write(study, facts[study.id], known.get(study.id))
        known[study.id] = entry
    _facets_write(found, facts, known)


def _entry_write(study: Study, facts: EntryFacts, entry: WorklistEntry | None) -> WorklistEntry:
    columns = dict(facts.columns)
    if entry is None:
        return WorklistEntry.objects.create(study=study, **columns)
    if entry.lease_holder_id is not None and _lease_is_over(facts, entry):
        columns |= {"lease_holder_id": None, "leased_until": None}
    WorklistEntry.objects.filter(pk=entry.pk).update(**columns)
    return entry


def _lease_is_over(facts: EntryFacts, entry: WorklistEntry) -> bool:
    """Nobody has anything to read in it any more, or its holder has signed."""
    columns = facts.columns
    signers = {mark["reader"] for mark in columns["reads"] if mark["state"] == "signed"}
    settled = columns["grade"] == Grade.READ and columns["second_grade"] is None
    return settled or str(entry.lease_holder_id) in signers


def _facets_write(studies: Sequence[Study], facts: dict[UUID, EntryFacts], entries: dict[UUID, WorklistEntry]) -> None:
    """Writes those that are new or stand elsewhere now, deletes those that hold no more."""
    study_of = {entry.pk: study_id for study_id, entry in entries.items()}
    kept: set[tuple[int, str, UUID]] = set()
    for facet in WorklistFacet.objects.filter(entry__in=list(study_of)):
        columns = facts[study_of[facet.entry_id]].columns
        wanted = (str(facet.kind), facet.value) in facts[study_of[facet.entry_id]].facets
        if wanted and all(getattr(facet, name) == columns[name] for name in ("site_id", "grade", "received_at")):
            kept.add((facet.entry_id, str(facet.kind), facet.value))
        else:
            facet.delete()
    new = [
        WorklistFacet(
            entry=entries[study.id],
            kind=kind,
            value=value,
            **{name: facts[study.id].columns[name] for name in ("site_id", "grade", "received_at")},
        )
        for study in studies
        for kind, value in sorted(facts[study.id].facets)
        if (entries[study.id].pk, kind, value) not in kept
    ]
    WorklistFacet.objects.bulk_create(new)


def _facts_of(studies: Sequence[Study]) -> dict[UUID, EntryFacts]:
    reads, findings, versions = _reads(studies), _findings(studies), _versions(studies)
    seconds = {
        request.study_id: SecondFacts(str(request.reason), request.requested_by_id)
        for request in SecondReadRequest.objects.filter(study__in=studies, fulfilled_at__isnull=True)
    }
    return {
        study.id: entry_facts(
            study,
            StudyFacts(
                reads=reads[study.id],
                findings=findings[study.id],
                versions=versions[study.id],
                second=seconds.get(study.id),
                accession_index=_accession_index(study),
            ),
        )
        for study in studies
    }


def _accession_index(study: Study) -> str | None:
    number = study.accession_number
    return None if number in ("", ERASED) else blind_index(study.organisation_id, ACCESSION_FIELD, number)


def _reads(studies: Sequence[Study]) -> dict[UUID, list[ReadFacts]]:
    words = _words(studies)
    found: dict[UUID, list[ReadFacts]] = defaultdict(list)
    for read in Read.objects.filter(study__in=studies).select_related("reader").order_by("created_at"):
        by = read.reader.display_name or read.reader.username
        signed_at = read.signed_at if read.state == ReadState.SIGNED else None
        found[read.study_id].append(ReadFacts(read.reader_id, by, signed_at, read.created_at, words[read.id]))
    return found


def _words(studies: Sequence[Study]) -> dict[UUID, tuple[Said, ...]]:
    """The reviews that stand, by read: as feedback.selectors.standing_reviews has them, for many studies at once."""
    latest: dict[UUID, dict[UUID, FindingReview]] = defaultdict(dict)
    reviews = FindingReview.objects.filter(read__study__in=studies, withdrawal=None)
    for review in reviews.select_related("finding").order_by("created_at", "id"):
        latest[review.read_id][review.item_id] = review
    words: dict[UUID, tuple[Said, ...]] = defaultdict(tuple)
    for read_id, items in latest.items():
        words[read_id] = tuple(said(review) for review in items.values() if review.verdict != Verdict.REMOVED)
    return words


def _findings(studies: Sequence[Study]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    columns = ("study_id", "label", "probability", "left", "second_probability", "second_positive")
    positive = Finding.objects.filter(CURRENT_FINDING, positive=True, study__in=studies).order_by("-probability")
    for finding in positive.values_list(*columns, named=True):
        found[finding.study_id].append(finding)
    return found


def _versions(studies: Sequence[Study]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    runs = InferenceRun.objects.filter(instance__series__study__in=studies).exclude(state=RunState.SUPERSEDED)
    for study_id, version in runs.order_by().values_list("instance__series__study", "model_version").distinct():
        found[study_id].append(version)
    return found
