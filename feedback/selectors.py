"""Reads and reviews, read."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.models import FindingReview, Laterality, Read, ReadState, Verdict
from feedback.vocabulary import REASONS, grades_for, has_teeth, labels_for
from imaging.models import Study
from imaging.selectors import current_findings


def reads_with_a_word(*studies: Study) -> QuerySet[Read]:
    """Reads that say something, the first begun first. An emptied draft is nobody's read."""
    return reads_that_speak().filter(study__in=studies).select_related("reader").order_by("created_at")


def reads_that_speak() -> QuerySet[Read]:
    """Signed, or with at least one review that stands."""
    return Read.objects.filter(Q(state=ReadState.SIGNED) | Exists(reviews_that_stand().filter(read=OuterRef("pk"))))


def reviews_that_stand() -> QuerySet[FindingReview]:
    """Of all reads: not withdrawn, not replaced by a later review of the same thing, not removed.

    The same as standing_reviews, for queries; only a word that was given before two findings were joined, and again
    afterwards, is here twice.
    """
    same = Q(finding=OuterRef("finding")) | Q(revises=OuterRef("pk")) | Q(revises=OuterRef("revises"))
    later = FindingReview.objects.filter(
        same, read=OuterRef("read"), withdrawal=None, created_at__gt=OuterRef("created_at")
    )
    return FindingReview.objects.filter(~Exists(later), withdrawal=None).exclude(verdict=Verdict.REMOVED)


def standing_reviews(read: Read) -> list[FindingReview]:
    """What the reader's word is now: the latest review of each finding that was not withdrawn, and what they added."""
    return standing_reviews_of([read])[read.id]


def standing_reviews_of(reads: Sequence[Read]) -> dict[UUID, list[FindingReview]]:
    """The same of several reads, by the read's id: one query."""
    latest: dict[UUID, dict[Any, FindingReview]] = {read.id: {} for read in reads}
    for review in not_withdrawn(*reads):
        latest[review.read_id][review.item_id] = review
    return {
        read_id: [review for review in items.values() if review.verdict != Verdict.REMOVED]
        for read_id, items in latest.items()
    }


def standing_review_of(read: Read, item_id: UUID) -> FindingReview | None:
    """The reader's word on a finding, or on what they added (the review that first added it)."""
    return next((review for review in standing_reviews(read) if review.item_id == item_id), None)


def not_withdrawn(*reads: Read) -> QuerySet[FindingReview]:
    """In the order they were written."""
    reviews = FindingReview.objects.filter(read__in=reads, withdrawal=None)
    return reviews.select_related("read__study", "read__reader", "finding__model_version").order_by("created_at", "id")


def latest_act(read: Read) -> list[FindingReview]:
    """The last review that stands, with all that were written by the same key press."""
    last = not_withdrawn(read).last()
    if last is None:
        return []
    return list(not_withdrawn(read).filter(batch=last.batch)) if last.batch else [last]


def reviews_of_batch(read: Read, batch: UUID | None) -> list[FindingReview]:
    return list(not_withdrawn(read).filter(batch=batch)) if batch else []


def labels_of(study: Study) -> tuple[str, ...]:
    """What a reader may call a finding of this study."""
    seen = current_findings(study).order_by("label").values_list("label", flat=True).distinct()
    return labels_for(study.case_type, seen)


def vocabulary_of(study: Study, labels: Iterable[str]) -> dict[str, Any]:
    """What a finding of the study may be given beside its label: sides, scales by label, reasons, and whether teeth."""
    return {
        "teeth": has_teeth(study.case_type),
        "lateralities": [{"code": code, "words": words} for code, words in Laterality.choices],
        "grades": {label: grades_for(label) for label in labels if grades_for(label)},
        "reasons": REASONS,
    }


def read_summary(read: Read) -> dict[str, Any]:
    """Who read it and where that read stands; no patient data."""
    return {
        "by": read.reader.display_name or read.reader.username,
        "state": str(read.state),
        "at": (read.signed_at or read.created_at).isoformat(),
    }


def read_part(study: Study) -> dict[str, Any] | None:
    """What a study's JSON says of its reads: the first signed one, else the first begun, else nothing."""
    reads = list(reads_with_a_word(study))
    first = next((read for read in reads if read.state == ReadState.SIGNED), reads[0] if reads else None)
    return None if first is None else read_summary(first)
