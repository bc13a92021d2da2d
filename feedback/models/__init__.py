from feedback.models.claims import FilmVerdict, ProcedureGroup
from feedback.models.clocks import ReadingArm, ReadingTime, StudyClocks
from feedback.models.draft import ReadDraft
from feedback.models.policy import BlindRead, Impression, ReadingPolicy, SecondReadReason, SecondReadRequest
from feedback.models.read import FindingReview, Laterality, Read, ReadState, ReviewWithdrawal, Verdict
from feedback.models.worklist import FacetKind, WorklistEntry, WorklistFacet, WorklistTurn, WorklistView

__all__ = [
    "BlindRead",
    "FacetKind",
    "FilmVerdict",
    "FindingReview",
    "Impression",
    "Laterality",
    "ProcedureGroup",
    "Read",
    "ReadDraft",
    "ReadState",
    "ReadingArm",
    "ReadingPolicy",
    "ReadingTime",
    "ReviewWithdrawal",
    "SecondReadReason",
    "SecondReadRequest",
    "StudyClocks",
    "Verdict",
    "WorklistEntry",
    "WorklistFacet",
    "WorklistTurn",
    "WorklistView",
]
