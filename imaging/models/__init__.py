from imaging.models.film import FilmFingerprint, FilmMatch, MatchKind
from imaging.models.finding import Finding
from imaging.models.inference import FrameResult, InferenceRun, RunState, WorkerPresence
from imaging.models.insurance_claim import ClaimDecision, ClaimState, InsuranceClaim
from imaging.models.patient import Patient
from imaging.models.study import AnalysisState, Instance, Series, Study, TriageClass

__all__ = [
    "AnalysisState",
    "ClaimDecision",
    "ClaimState",
    "FilmFingerprint",
    "FilmMatch",
    "Finding",
    "FrameResult",
    "InferenceRun",
    "Instance",
    "InsuranceClaim",
    "MatchKind",
    "Patient",
    "RunState",
    "Series",
    "Study",
    "TriageClass",
    "WorkerPresence",
]
