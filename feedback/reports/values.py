"""One read as it is reported: frozen values, no pixels, no database."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from feedback.reports.blocks import Mark


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as the header of their films states them; repr is masked."""

    pseudonym: str
    name: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Examination:
    """The study; images: (file name or number, words about it) in the order of the study."""

    id: UUID
    case_type: str
    study_date: str
    description: str = field(repr=False)
    accession_number: str = field(repr=False)
    received_at: datetime
    site: str
    organisation: str
    triage: str
    images: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A version that looked at the study; sha256 of its artefact, whole."""

    name: str
    version: str
    task: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding with the model's word and the reader's.

    Attributes:
        number: under which it stands in the table and on the key images.
        place: which image and frame; "" when the study has one of one frame.
        said: what the model said, with probability and operating point; "" for what the reader added.
        verdict: confirmed, corrected, rejected, added, or "" where the reader gave none.
        word: the reader's word in full: verdict, changes, side, tooth, grade, reason.
        stands: it counts as a finding of this read.
    """

    number: int
    label: str
    place: str
    said: str
    verdict: str
    word: str
    extent: str
    comment: str = field(repr=False)
    stands: bool


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """A key image to be rendered: a frame, the finding whose map lies over it, the boxes on it.

    columns, rows: of the picture as it is drawn (feedback/reports/shape.py); the boxes are measured in them.
    """

    instance_id: UUID
    frame: int
    columns: float
    rows: float
    heatmap_of: UUID | None
    marks: tuple[Mark, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class OtherRead:
    """Another reader's read of the study, in a line."""

    by: str
    words: str


@dataclass(frozen=True, slots=True)
class ReadReport:
    """Everything that a report of one read says.

    Attributes:
        outcome: what the read comes to, in a sentence.
        how: how it was read: blind to the models first, as a second reader, blind to the first or not.
        warnings: what a reader of the report must know before they rely on it.
        unlisted: findings below their operating point that nobody judged: counted, not listed.
        left_out: key images beyond those that are shown.
    """

    read_id: UUID
    person: Person
    examination: Examination
    reader: str
    signed: bool
    begun_at: datetime
    signed_at: datetime | None
    outcome: str
    how: tuple[str, ...]
    warnings: tuple[str, ...]
    notices: tuple[str, ...]
    corrections: tuple[str, ...]
    findings: tuple[FindingLine, ...]
    unlisted: int
    images: tuple[ImagePlan, ...]
    left_out: int
    models: tuple[Model, ...]
    others: tuple[OtherRead, ...]

    @property
    def mark(self) -> str:
        """What stands across every page of a read that is not signed."""
        return "" if self.signed else "DRAFT"
