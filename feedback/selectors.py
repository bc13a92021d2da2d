"""Reads and reviews, read."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.models import FindingReview, Read, ReadState
from feedback.vocabulary import labels_for
from imaging.models import Study
from imaging.selectors import current_findings


def reads_with_a_word(study: Study) -> QuerySet[Read]:
    """Reads that say something, the first begun first. An emptied draft is nobody's read."""
    return reads_that_speak().filter(study=study).select_related("reader").order_by("created_at")


def reads_that_speak() -> QuerySet[Read]:
    """Signed, or with at least one review that stands."""
    standing = FindingReview.objects.filter(read=OuterRef("pk"), withdrawal=None)
    return Read.objects.filter(Q(state=ReadState.SIGNED) | Exists(standing))


def standing_reviews(read: Read) -> list[FindingReview]:
    """What the reader's word is now: the latest review of each finding that was not withdrawn, and what they added."""
    latest: dict[Any, FindingReview] = {}
    for review in not_withdrawn(read):
        latest[review.standing_finding_id or review.id] = review
    return list(latest.values())


def not_withdrawn(read: Read) -> QuerySet[FindingReview]:
    """In the order they were written."""
    reviews = FindingReview.objects.filter(read=read, withdrawal=None)
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
