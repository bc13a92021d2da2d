from imaging.models.finding import Finding
from imaging.models.inference import FrameResult, InferenceRun, RunState, WorkerPresence
from imaging.models.patient import Patient
from imaging.models.study import AnalysisState, Instance, Series, Study, TriageClass

__all__ = [
    "AnalysisState",
    "Finding",
    "FrameResult",
    "InferenceRun",
    "Instance",
    "Patient",
    "RunState",
    "Series",
    "Study",
    "TriageClass",
    "WorkerPresence",
]
