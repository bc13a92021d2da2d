"""What a review must be before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any
from uuid import UUID

from accounts.errors import NotFound
from feedback.diff import Change, Said, diff_between, diff_of_addition, diff_of_rejection
from feedback.errors import (
    BoxInvalid,
    CorrectionEmpty,
    FrameUnknown,
    GradeUnknown,
    LabelUnknown,
    LateralityUnknown,
    ReasonUnknown,
    SideContradictsTooth,
    ToothUnknown,
    VersionChanged,
)
from feedback.merge import said_in
from feedback.models import FindingReview, Laterality, Verdict
from feedback.selectors import labels_of
from feedback.teeth import is_tooth, side_of
from feedback.vocabulary import grades_for, has_teeth, reasons_for
from imaging.models import Finding, Instance, Study
from imaging.pipeline.values import BoundingBox
from imaging.services.finding_rows import box_of

SMALLEST_BOX_PIXELS = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a study: an instance and one of its frames."""

    instance_id: UUID
    frame: int

    @classmethod
    def checked(cls, study: Study, instance: Instance, frame: int) -> "Place":
        if instance.series.study_id != study.id:
            raise NotFound
        if not 0 <= frame < instance.number_of_frames:
            raise FrameUnknown
        return cls(instance.id, frame)


@dataclass(frozen=True, slots=True)
class Details:
    """What a reader says beside label and box. None: stays as it stands; "" and 0: taken away."""

    laterality: str | None = None
    tooth: int | None = None
    grade: str | None = None
    reason_code: str | None = None


UNCHANGED = Details()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change as it was asked for, before it is checked. None: stays as it stands."""

    label: str | None = None
    box: BoundingBox | None = None
    details: Details = UNCHANGED
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class NewReview:
    """A verdict with what it stands for, and what that changes. The comment is the patient's."""

    verdict: str
    said: Said
    diff: Sequence[Change] = ()
    reason_code: str = ""
    comment: str = field(default="", repr=False)
    revises: FindingReview | None = None
    taken_from: FindingReview | None = None

    @classmethod
    def as_shown(
        cls, finding: Finding, *, verdict: str = Verdict.CONFIRMED, reason_code: str = "", comment: str = ""
    ) -> "NewReview":
        diff = diff_of_rejection() if verdict == Verdict.REJECTED else []
        return cls(verdict, said_by_model(finding), diff, reason_code, comment)

    @classmethod
    def removal(cls, review: FindingReview) -> "NewReview":
        """The reader has no word any more on what a review is of."""
        return cls(Verdict.REMOVED, said_in(review), revises=_root(review))

    def columns(self) -> dict[str, Any]:
        box = self.said.box
        corners = ("left", "top", "right", "bottom")
        return {
            "verdict": self.verdict,
            "label": self.said.label,
            "laterality": self.said.laterality,
            "tooth": self.said.tooth or None,
            "grade": self.said.grade,
            "reason_code": self.reason_code,
            "diff": list(self.diff),
            "comment": self.comment,
            "revises": self.revises,
            "taken_from": self.taken_from,
            **{corner: None if box is None else getattr(box, corner) for corner in corners},
        }


def said_by_model(finding: Finding) -> Said:
    """What the finding itself says; a model gives no side, tooth or grade."""
    return Said(finding.label, box_of(finding))


def version_checked(study: Study, expected_version: int | None) -> None:
    """Raises VersionChanged when the caller says which findings were shown, and those have changed since."""
    if expected_version is not None and expected_version != study.version:
        raise VersionChanged(details={"version": study.version})


def label_checked(study: Study, label: str) -> None:
    if label not in labels_of(study):
        raise LabelUnknown


def box_checked(box: BoundingBox | None, instance: Instance) -> BoundingBox | None:
    """The box clipped to the frame.

    Raises:
        BoxInvalid: a corner is not a number, the box is turned around, or less than a pixel is left of it.
    """
    if box is None:
        return None
    if not all(isfinite(corner) for corner in (box.left, box.top, box.right, box.bottom)):
        raise BoxInvalid
    clipped = BoundingBox(
        max(0.0, box.left),
        max(0.0, box.top),
        min(float(instance.columns), box.right),
        min(float(instance.rows), box.bottom),
    )
    if clipped.width < SMALLEST_BOX_PIXELS or clipped.height < SMALLEST_BOX_PIXELS:
        raise BoxInvalid
    return clipped


def reason_checked(reason_code: str | None, verdict: str) -> str:
    """The code, "" for none. Raises ReasonUnknown when it does not explain this verdict."""
    if reason_code and reason_code not in {reason.code for reason in reasons_for(verdict)}:
        raise ReasonUnknown
    return reason_code or ""


def correction_checked(
    finding: Finding, *, study: Study, wanted: Wanted, standing: FindingReview | None = None
) -> NewReview:
    """The review that a correction becomes; what is not given stays as the reader, else the model, had it.

    standing: the reader's earlier word on the finding.
    """
    shown = said_by_model(finding)
    earlier = standing if standing and standing.verdict == Verdict.CORRECTED else None
    before = said_in(earlier) if earlier else shown
    after = _changed(before, wanted, instance=finding.instance)
    _said_checked(after, study=study, known_label=finding.label)
    diff = diff_between(shown, after)
    if not diff:
        raise CorrectionEmpty
    reason, comment = _words_kept(wanted, earlier)
    return NewReview(Verdict.CORRECTED, after, diff, reason_checked(reason, Verdict.CORRECTED), comment)


def addition_checked(wanted: Wanted, *, study: Study, instance: Instance) -> NewReview:
    """The review of something that no model found."""
    after = _changed(Said(""), wanted, instance=instance)
    _said_checked(after, study=study)
    reason = reason_checked(wanted.details.reason_code, Verdict.ADDED)
    return NewReview(Verdict.ADDED, after, diff_of_addition(after), reason, wanted.comment or "")


def revision_checked(added: FindingReview, *, study: Study, wanted: Wanted) -> NewReview:
    """What the reader had added, said otherwise."""
    before = said_in(added)
    after = _changed(before, wanted, instance=added.instance)
    reason, comment = _words_kept(wanted, added)
    if (after, reason, comment) == (before, added.reason_code, added.comment):
        raise CorrectionEmpty
    _said_checked(after, study=study, known_label=added.label)
    checked = reason_checked(reason, Verdict.ADDED)
    return NewReview(Verdict.ADDED, after, diff_of_addition(after), checked, comment, revises=_root(added))


def _changed(before: Said, wanted: Wanted, *, instance: Instance) -> Said:
    """A grade belongs to its label's scale: it goes when another label comes without it."""
    details = wanted.details
    after = replace(
        before,
        label=before.label if wanted.label is None else wanted.label,
        box=before.box if wanted.box is None else box_checked(wanted.box, instance),
        laterality=before.laterality if details.laterality is None else details.laterality,
        tooth=before.tooth if details.tooth is None else details.tooth,
        grade=before.grade if details.grade is None else details.grade,
    )
    grade_stays = details.grade is not None or after.grade in {grade.code for grade in grades_for(after.label)}
    return after if grade_stays else replace(after, grade="")


def _said_checked(said: Said, *, study: Study, known_label: str | None = None) -> None:
    if said.label != known_label:
        label_checked(study, said.label)
    if said.laterality and said.laterality not in Laterality.values:
        raise LateralityUnknown
    if said.tooth and not (has_teeth(study.case_type) and is_tooth(said.tooth)):
        raise ToothUnknown
    if said.tooth and said.laterality and said.laterality != side_of(said.tooth):
        raise SideContradictsTooth
    if said.grade and said.grade not in {grade.code for grade in grades_for(said.label)}:
        raise GradeUnknown


def _words_kept(wanted: Wanted, earlier: FindingReview | None) -> tuple[str, str]:
    """Reason and comment: the new ones, else those that stand."""
    reason, comment = wanted.details.reason_code, wanted.comment
    if reason is None:
        reason = earlier.reason_code if earlier else ""
    if comment is None:
        comment = earlier.comment if earlier else ""
    return reason, comment


def _root(review: FindingReview) -> FindingReview | None:
    """The review that first added what this one is of; None when it is of a model's finding."""
    if review.finding_id:
        return None
    return review.revises or review
