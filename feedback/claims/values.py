"""One insurance claim as its examiner sees it: frozen values, no pixels, no database."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from imaging.pipeline.values import BoundingBox
from imaging.services.insurance_claims import BilledProcedure


@dataclass(frozen=True, slots=True)
class Group:
    """A group of procedure codes in the organisation's own words, and the labels that speak for or against one."""

    name: str
    codes: str = ""
    supporting: tuple[str, ...] = ()
    contradicting: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a reader or a model said of one place on a submitted film.

    Attributes:
        label: as it is shown, in plain words.
        tooth: FDI number, or None where nobody named one; models name none.
        reader: who gave the verdict; "" for a model's finding that no reader judged.
        verdict: confirmed, corrected, rejected, added; "" without a reader's word.
        model: name and version; "" for what a reader added.
        probability: the model's, None without one.
        film: the film's number on the sheet, counted from 1.
    """

    label: str
    tooth: int | None
    reader: str
    verdict: str
    model: str
    probability: float | None
    film: int
    box: BoundingBox | None = None

    @property
    def stands(self) -> bool:
        """Somebody says that it is there."""
        return self.verdict != "rejected"

    @property
    def by_reader(self) -> bool:
        return bool(self.verdict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A billed procedure beside what the submitted films show.

    Attributes:
        group: the group that covers its code, "" for none.
        standing: supported, model_only, elsewhere, mixed, contradicted, nothing, no_group (support.py says which).
        words: the same as a sentence.
        speaking_for, speaking_against: at the billed tooth; elsewhere: the supporting ones at other teeth or none.
    """

    procedure: BilledProcedure
    group: str
    standing: str
    words: str
    speaking_for: tuple[Observation, ...] = ()
    speaking_against: tuple[Observation, ...] = ()
    elsewhere: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Film:
    """One submitted image. resubmitted: its study stands under another claim, the same bytes were sent under this one.

    withheld: the site reads blind first and what the models say may not be shown to this examiner now.
    """

    number: int
    instance_id: UUID
    study_id: UUID
    pseudonym: str
    case_type: str
    columns: int
    rows: int
    frames: int
    received_at: datetime
    analysis_state: str
    analysis_reason: str
    read_by: tuple[str, ...]
    withheld: bool
    resubmitted: bool
    synthetic: bool


@dataclass(frozen=True, slots=True)
class OtherFilm:
    """The film of another claim, for whoever may see both."""

    claim_id: UUID
    number: str = field(repr=False)
    site: str
    instance_id: UUID
    study_id: UUID
    received_at: datetime
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """A film of this claim that looks like a film of another one: look.

    Attributes:
        other: None where the examiner sees no claims at the other film's site.
        word: same_film, other_film, or "" while nobody has looked.
    """

    id: UUID
    kind: str
    words: str
    distance: int
    film: int
    instance_id: UUID
    other: OtherFilm | None
    word: str
    said_by: str
    said_at: datetime | None
    comment: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ModelVersionLine:
    name: str
    version: str
    task: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is shown of a claim. number: masked unless the examiner may see it (number_shown)."""

    id: UUID
    version: int
    number: str = field(repr=False)
    number_shown: bool
    site: str
    site_id: UUID
    organisation: str
    state: str
    created_at: datetime
    decision: str
    decision_reason: str = field(repr=False)
    decided_by: str
    decided_at: datetime | None
    exported_at: datetime | None
    films: tuple[Film, ...]
    observations: tuple[Observation, ...]
    evidence: tuple[Evidence, ...]
    likenesses: tuple[Likeness, ...]
    models: tuple[ModelVersionLine, ...]
    may_decide: bool


@dataclass(frozen=True, slots=True)
class IssuedSheet:
    """A claim as it leaves, with the reference of the audit event that says so. by: who takes it out, by name."""

    dossier: Dossier
    audit_reference: str
    issued_at: datetime
    by: str
