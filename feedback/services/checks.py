"""What a review must be before it is written."""

from dataclasses import dataclass
from math import isfinite
from uuid import UUID

from accounts.errors import NotFound
from feedback.errors import BoxInvalid, CorrectionEmpty, FrameUnknown, LabelUnknown, VersionChanged
from feedback.models import Verdict
from feedback.selectors import labels_of
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
class NewReview:
    """A verdict with the label and the box that it stands for."""

    verdict: str
    label: str
    box: BoundingBox | None = None
    comment: str = ""

    @classmethod
    def as_shown(cls, finding: Finding, *, verdict: str = Verdict.CONFIRMED, comment: str = "") -> "NewReview":
        return cls(verdict, finding.label, box_of(finding), comment)

    def corners(self) -> dict[str, float | None]:
        box = self.box
        if box is None:
            return {"left": None, "top": None, "right": None, "bottom": None}
        return {"left": box.left, "top": box.top, "right": box.right, "bottom": box.bottom}


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


def correction_checked(
    finding: Finding, *, study: Study, label: str | None, box: BoundingBox | None, comment: str
) -> NewReview:
    """The review that a correction becomes; what is not given stays as the model had it."""
    shown = box_of(finding)
    new_label = finding.label if label is None else label
    new_box = shown if box is None else box_checked(box, finding.instance)
    if new_label == finding.label and new_box == shown:
        raise CorrectionEmpty
    if new_label != finding.label:
        label_checked(study, new_label)
    return NewReview(Verdict.CORRECTED, new_label, new_box, comment)
