"""Findings and reviews of one read, paired and numbered; each as a line of the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from feedback.models import FindingReview, Verdict
from feedback.reports.blocks import Whose
from feedback.reports.values import FindingLine
from feedback.reports.words import detail_words, extent_words, probability, verdict_words
from feedback.vocabulary import plain
from imaging.models import Finding, Instance
from imaging.pipeline.join import support_words
from imaging.pipeline.values import BoundingBox
from imaging.services.finding_rows import box_of

STANDING = (Verdict.CONFIRMED, Verdict.CORRECTED, Verdict.ADDED)


@dataclass(frozen=True, slots=True)
class Item:
    """A finding of a model with the reader's review of it, a finding without one, or what the reader added."""

    finding: Finding | None
    review: FindingReview | None

    @property
    def verdict(self) -> str:
        return str(self.review.verdict) if self.review else ""

    @property
    def label(self) -> str:
        return self.review.label if self.review else self.finding.label  # type: ignore[union-attr]

    @property
    def place(self) -> tuple[UUID, int]:
        of = self.review or self.finding
        assert of is not None
        return of.instance_id, of.frame_index

    @property
    def box(self) -> BoundingBox | None:
        """The reader's where they gave a word, else the model's."""
        return box_of(self.review or self.finding)  # type: ignore[arg-type]

    @property
    def whose(self) -> Whose:
        """Whose box it is that is drawn."""
        if self.verdict == Verdict.REJECTED:
            return "rejected"
        return "reader" if self.verdict in (Verdict.CORRECTED, Verdict.ADDED) else "model"


def items_of(reviews: Sequence[FindingReview], findings: Sequence[Finding]) -> list[Item]:
    """What is listed: all that the reader judged or added, then positive findings that they left alone.

    A finding that was judged is listed although a later analysis replaced it: the reader signed a word on it.
    """
    kept = [review for review in reviews if review.verdict != Verdict.REMOVED]
    current = {finding.id: finding for finding in findings}
    judged = {review.standing_finding_id for review in kept if review.finding_id}
    items = [Item(current.get(review.standing_finding_id, review.finding), review) for review in kept]  # type: ignore[arg-type]
    items += [Item(finding, None) for finding in findings if finding.positive and finding.id not in judged]
    return sorted(items, key=_order)


def finding_line(number: int, item: Item, instances: Sequence[Instance]) -> FindingLine:
    review, finding = item.review, item.finding
    instance = next((one for one in instances if one.id == item.place[0]), None)
    details = [] if review is None else _details(review)
    return FindingLine(
        number=number,
        label=plain(item.label),
        place=place_words(item.place, instances),
        said="" if finding is None else said_words(finding),
        verdict=item.verdict,
        word=verdict_words(
            item.verdict,
            diff=review.diff if review else [],
            details=details,
            reason_code=review.reason_code if review else "",
        ),
        extent=extent_words(item.box, instance.pixel_spacing if instance else None),
        comment=review.comment if review else "",
        stands=item.verdict in STANDING,
    )


def said_words(finding: Finding) -> str:
    """ "effusion .91, operating point .37; map agrees; classifier says .80"."""
    point = "" if finding.operating_point is None else f", operating point {probability(finding.operating_point)}"
    parts = [f"{plain(finding.label)} {probability(finding.probability)}{point}"]
    support = support_words(finding.support, label_positive=finding.second_positive, agreement=finding.agreement)
    parts += [support] if support else []
    if finding.second_probability is not None:
        parts.append(f"second model {probability(finding.second_probability)}")
    if not finding.positive:
        parts.append("below the operating point")
    return "; ".join(parts)


def place_words(place: tuple[UUID, int], instances: Sequence[Instance]) -> str:
    """ "image 2, frame 14", counted from 1; what goes without saying is left out."""
    instance_id, frame = place
    found = [(number, one) for number, one in enumerate(instances, start=1) if one.id == instance_id]
    if not found:
        return "an image that is gone"
    number, instance = found[0]
    parts = [f"image {number}"] if len(instances) > 1 else []
    parts += [f"frame {frame + 1}"] if instance.number_of_frames > 1 else []
    return ", ".join(parts)


def _details(review: FindingReview) -> list[str]:
    return detail_words(
        label=review.label, laterality=review.laterality, tooth=review.tooth or None, grade=review.grade
    )


def _order(item: Item) -> tuple[int, float]:
    """What stands first, then what is open, then what was rejected; the most probable first."""
    rank = 2 if item.verdict == Verdict.REJECTED else 1 if not item.verdict else 0
    return rank, -(item.finding.probability if item.finding else 0.0)
