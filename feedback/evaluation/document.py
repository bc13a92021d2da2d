"""The evaluation document: what was measured of one version on one set, once, as JSON (schema 1)."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from feedback.evaluation.numbers import Json
from feedback.evaluation.values import ANALYSED, FAILED, NOT_ANALYSED, REFUSED, FilmReading
from registry.runtime.values import ModelSpec

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """On what was measured; digest: SHA-256 over the sorted SHA-256 of the image files, one a line."""

    name: str
    split: str
    digest: str
    n_images: int
    n_groups: int


@dataclass(frozen=True, slots=True)
class EvaluationDocument:
    """What the registry stores, the gate judges, and report and card show.

    Attributes:
        model: name, version, sha256. created: ISO time, UTC. software: the commit.
        summary: flat name -> {"value", "low", "high"}.
        pointing: n, hit_rate, low, high, mean_box_area, centre_rate, best_fixed_rate; None where nothing is drawn.
        sections: everything else.
    """

    model: dict[str, str]
    case_type: str
    dataset: MeasuredSet
    software: str
    summary: dict[str, Json]
    pointing: Json | None
    sections: Json = field(repr=False)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    schema: int = SCHEMA

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def document_text(document: EvaluationDocument) -> str:
    """Readable, and the same for the same document."""
    return json.dumps(document.as_json(), indent=1, allow_nan=False) + "\n"


def document_of_text(text: str) -> EvaluationDocument:
    """The inverse of document_text. Raises ValueError, KeyError, TypeError for anything else."""
    values = json.loads(text)
    return EvaluationDocument(**{**values, "dataset": MeasuredSet(**values["dataset"])})


def counts_of(readings: Sequence[FilmReading]) -> Json:
    """How many films were analysed, and why the others were not."""
    statuses = Counter(reading.status for reading in readings)
    analysed = [reading.milliseconds for reading in readings if reading.is_analysed]
    return {
        **{status: statuses.get(status, 0) for status in (ANALYSED, NOT_ANALYSED, FAILED, REFUSED)},
        "reasons": dict(Counter(reading.reason for reading in readings if not reading.is_analysed)),
        "corrections": dict(Counter(name for reading in readings for name in reading.corrections)),
        "milliseconds_per_film": round(sum(analysed) / len(analysed), 1) if analysed else None,
    }


def model_of(spec: ModelSpec, sha256: str) -> dict[str, str]:
    """Which version."""
    return {"name": spec.name, "version": spec.version, "sha256": sha256}
