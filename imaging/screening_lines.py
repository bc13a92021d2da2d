"""The command line's contract: one JSON-ready object a frame. Nothing but plain values, never NaN."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from accounts.errors import DomainError
from imaging.pipeline.errors import PipelineError
from imaging.pipeline.values import PipelineResult, PredictedFinding, Timings, Triage
from registry.runtime.values import LoadedModel

SCHEMA_VERSION = 1

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FrameIdentity:
    """Which frame of which file a line speaks of; None where it is not known.

    Attributes:
        file: the path as the user gave or the folder listed it.
        sha256: of the file's bytes.
        pixel_sha256: of the stored pixel array's bytes.
    """

    file: str
    sha256: str | None = None
    sop_instance_uid: str | None = None
    frame: int = 0
    pixel_sha256: str | None = None
    case_type: str | None = None
    width: int | None = None
    height: int | None = None


def refused_line(identity: FrameIdentity, error: DomainError) -> Line:
    """The file cannot be taken in."""
    return _line(identity, status="refused", reason=f"{error.code}: {error.message}", error=_error(error))


def not_analysed_line(identity: FrameIdentity, reason: str, *, decode_ms: float = 0.0) -> Line:
    """The frame is readable, and there is a reason why no model reads it."""
    return _line(identity, status="not_analysed", reason=reason, timings=Timings(decode=decode_ms))


def failed_line(
    identity: FrameIdentity,
    error: DomainError | PipelineError,
    *,
    models: Sequence[LoadedModel] = (),
    decode_ms: float = 0.0,
) -> Line:
    """A model failed on the frame, or could not be loaded."""
    reason = f"{error.code}: {error.message}"
    return _line(
        identity,
        status="failed",
        reason=reason,
        error=_error(error),
        models=_models(models),
        timings=Timings(decode=decode_ms),
    )


def result_line(
    identity: FrameIdentity, result: PipelineResult, *, models: Sequence[LoadedModel], heatmaps: Mapping[int, str]
) -> Line:
    """What the pipeline says of the frame.

    Args:
        heatmaps: index of a finding -> path of its array.
    """
    return _line(
        identity,
        status=result.status,
        reason=result.reason,
        corrections=list(result.corrections),
        triage=_triage(result.triage),
        scores=dict(result.scores),
        findings=[_finding(finding, heatmaps.get(index)) for index, finding in enumerate(result.findings)],
        models=_models(models),
        timings=result.timings,
    )


def _line(
    identity: FrameIdentity,
    *,
    status: str,
    reason: str | None = None,
    error: dict[str, Any] | None = None,
    corrections: list[str] | None = None,
    triage: dict[str, Any] | None = None,
    scores: dict[str, float] | None = None,
    findings: list[dict[str, Any]] | None = None,
    models: list[dict[str, str]] | None = None,
    timings: Timings | None = None,
) -> Line:
    """Every key of the contract, in its order."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": identity.file,
        "sha256": identity.sha256,
        "sop_instance_uid": identity.sop_instance_uid,
        "frame": identity.frame,
        "pixel_sha256": identity.pixel_sha256,
        "case_type": identity.case_type,
        "status": status,
        "reason": reason,
        "error": error,
        "width": identity.width,
        "height": identity.height,
        "corrections": corrections or [],
        "triage": triage,
        "scores": scores or {},
        "findings": findings or [],
        "models": models or [],
        "timings_ms": _timings(timings or Timings()),
    }


def _error(error: DomainError | PipelineError) -> dict[str, Any]:
    tag = error.tag if isinstance(error, DomainError) else None
    return {"code": error.code, "message": error.message, "tag": tag, "remedy": error.remedy}


def _triage(triage: Triage | None) -> dict[str, Any] | None:
    if triage is None:
        return None
    return {"class": triage.triage_class, "reason": triage.reason, "scores": dict(triage.scores)}


def _finding(finding: PredictedFinding, heatmap: str | None) -> dict[str, Any]:
    return {
        "label": finding.label,
        "probability": finding.probability,
        "score": finding.score,
        "operating_point": finding.operating_point,
        "positive": finding.positive,
        "box": None if finding.box is None else asdict(finding.box),
        "source": finding.source,
        "model_version": finding.model_version,
        "peak": None if finding.peak is None else asdict(finding.peak),
        "heatmap": heatmap,
        "border_energy": finding.border_energy,
        "marker_energy": finding.marker_energy,
        "support": finding.support,
        "agreement": finding.agreement,
        "second": None if finding.second is None else asdict(finding.second),
    }


def _models(models: Sequence[LoadedModel]) -> list[dict[str, str]]:
    return [{"name": model.spec.name, "version": model.spec.version, "sha256": model.sha256} for model in models]


def _timings(timings: Timings) -> dict[str, float]:
    return {name: round(value, 3) for name, value in {**asdict(timings), "total": timings.total}.items()}
