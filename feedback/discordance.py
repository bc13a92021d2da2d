"""The discordances of a study, from its signed reads."""

from feedback.diff import verdict_towards_model
from feedback.discordance_rules import Discordance, Said, SignedRead, discordances_of
from feedback.models import FindingReview, Read, ReadState
from feedback.selectors import standing_reviews
from imaging.models import Study


def discordances(study: Study) -> list[Discordance]:
    """Where readers and models, and readers among each other, do not say the same; empty when they do."""
    reads = Read.objects.filter(study=study, state=ReadState.SIGNED).select_related("reader").order_by("signed_at")
    return discordances_of([signed_read(read) for read in reads])


def signed_read(read: Read) -> SignedRead:
    who = read.reader.display_name or read.reader.username
    return SignedRead(who, tuple(said(review) for review in standing_reviews(read)))


def said(review: FindingReview) -> Said:
    """A review that stands, as the rules take it."""
    corners = (review.left, review.top, review.right, review.bottom)
    return Said(
        verdict=verdict_towards_model(str(review.verdict), review.diff),
        label=review.label,
        model_label=review.finding.label if review.finding else "",
        place=(str(review.instance_id), review.frame_index),
        box=None if None in corners else tuple(float(corner or 0.0) for corner in corners),  # type: ignore[arg-type]
        tooth=review.tooth,
        finding=str(review.standing_finding_id or ""),
    )
