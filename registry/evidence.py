"""Evaluation documents, read strictly: what is stored about a model is whole or it is refused. Plain Python."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from registry.errors import EvaluationInvalid
from registry.metrics.gate import explainability_verdict

SCHEMA = 1
SIZE_LIMIT_BYTES = 16 * 1024 * 1024
POINTING = ("n", "hit_rate", "low", "high", "mean_box_area", "centre_rate", "best_fixed_rate")


@dataclass(frozen=True, slots=True)
class EvaluationFacts:
    """What the registry keeps in columns; the document itself is kept whole beside it.

    Attributes:
        sha256: of the document's canonical JSON.
        measured_at: aware.
    """

    model_name: str
    model_version: str
    model_sha256: str
    case_type: str
    dataset: str
    split: str
    dataset_digest: str
    n_images: int
    summary: dict[str, dict[str, float | None]]
    pointing: dict[str, float | None] | None
    measured_at: datetime
    sha256: str


def evaluation_parse(document: Any) -> EvaluationFacts:
    """The facts of an evaluation document of schema 1 (docs/models.md).

    Raises:
        EvaluationInvalid: names the part that is missing or has the wrong type.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise EvaluationInvalid("The evaluation is not a document of schema 1.")
    model, dataset = _part(document, "model"), _part(document, "dataset")
    return EvaluationFacts(
        model_name=_text(model, "name", 64),
        model_version=_text(model, "version", 32),
        model_sha256=_text(model, "sha256", 64),
        case_type=_text(document, "case_type", 32),
        dataset=_text(dataset, "name", 120),
        split=_text(dataset, "split", 32, empty=True),
        dataset_digest=_text(dataset, "digest", 64),
        n_images=_count(dataset, "n_images"),
        summary=_summary(_part(document, "summary")),
        pointing=_pointing(document.get("pointing")),
        measured_at=_time(_text(document, "created", 40)),
        sha256=_digest(document),
    )


def evaluation_decode(data: bytes) -> dict[str, Any]:
    """JSON as it came from a file. Raises EvaluationInvalid."""
    if len(data) > SIZE_LIMIT_BYTES:
        raise EvaluationInvalid("The evaluation is larger than 16 MiB.")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EvaluationInvalid("The evaluation is not JSON.") from error
    if not isinstance(document, dict):
        raise EvaluationInvalid("The evaluation is not a JSON object.")
    return document


def _part(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise EvaluationInvalid(f"The evaluation lacks {name}.")
    return value


def _text(part: Mapping[str, Any], name: str, longest: int, *, empty: bool = False) -> str:
    value = part.get(name)
    if not isinstance(value, str) or len(value) > longest or not (value or empty):
        raise EvaluationInvalid(f"{name} of the evaluation is missing or no text of at most {longest} characters.")
    return value


def _count(part: Mapping[str, Any], name: str) -> int:
    value = part.get(name)
    if type(value) is not int or value < 0:
        raise EvaluationInvalid(f"{name} of the evaluation is missing or no number of images.")
    return value


def _summary(summary: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Each figure with its 95 % interval, where there is one; a figure that the sample cannot give is null."""
    figures = {}
    for name, figure in summary.items():
        if not isinstance(figure, dict):
            raise EvaluationInvalid(f"The figure {name} of the evaluation is no value with an interval.")
        figures[str(name)] = {part: _optional(figure.get(part), f"{name}.{part}") for part in ("value", "low", "high")}
    return figures


def _pointing(pointing: Any) -> dict[str, float | None] | None:
    if pointing is None:
        return None
    if not isinstance(pointing, dict):
        raise EvaluationInvalid("The evaluation's pointing game is no object.")
    figures = {name: _optional(pointing.get(name), f"pointing.{name}") for name in POINTING}
    try:
        explainability_verdict(figures)
    except ValueError as error:
        raise EvaluationInvalid(f"The evaluation's pointing game is not whole: {error}.") from error
    return figures if figures["n"] else None


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise EvaluationInvalid(f"The figure {name} of the evaluation is no finite number.")
    return float(value)


def _optional(value: Any, name: str) -> float | None:
    return None if value is None else _number(value, name)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise EvaluationInvalid("The evaluation does not say when it was made, as an ISO 8601 time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _digest(document: Mapping[str, Any]) -> str:
    try:
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise EvaluationInvalid("The evaluation holds what JSON cannot say, such as NaN.") from error
    return hashlib.sha256(canonical.encode()).hexdigest()
