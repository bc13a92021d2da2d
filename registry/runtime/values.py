"""What a model version says of itself (ModelSpec), and what a loaded one is. Plain frozen values; importing them never
loads an inference library."""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from registry.runtime.errors import ArtefactMalformed
from registry.runtime.spec_json import read_as
from registry.runtime.spec_parts import (
    TRIAGE_CLASSES,
    TRIAGE_KINDS,
    Calibration,
    FamiliaritySpec,
    GuardSpec,
    InputSpec,
    OperatingPoint,
    TileSpec,
    TriageSpec,
)
from registry.runtime.spec_rules import spec_rules

if TYPE_CHECKING:
    from registry.runtime.engines.base import Engine

__all__ = [
    "TRIAGE_CLASSES",
    "TRIAGE_KINDS",
    "Calibration",
    "Familiarity",
    "FamiliaritySpec",
    "GuardSpec",
    "InputSpec",
    "LoadedModel",
    "ModelSpec",
    "OperatingPoint",
    "TileSpec",
    "TriageSpec",
    "spec_from_json",
    "spec_to_json",
]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model version, without its weights. Bound to them by the digest of the file that holds both.

    Attributes:
        task: "classifier", "detector" or "guard".
        architecture, architecture_options: what registry.runtime.architectures.build takes.
        calibration: one entry for every label.
        operating_points: labels without one are never positive.
        training: provenance: commit, command, seed, data digests, licence, date, number of images, metrics.
    """

    name: str
    version: str
    task: str
    architecture: str
    case_types: tuple[str, ...]
    labels: tuple[str, ...]
    input: InputSpec
    calibration: dict[str, Calibration]
    operating_points: dict[str, OperatingPoint]
    architecture_options: dict[str, Any] = field(default_factory=dict)
    triage: TriageSpec | None = None
    familiarity: FamiliaritySpec | None = None
    guard: GuardSpec | None = None
    training: dict[str, Any] = field(default_factory=dict)
    schema: int = 1

    def __post_init__(self) -> None:
        for holds, complaint in spec_rules(self):
            if not holds:
                raise ArtefactMalformed(f"The model's specification is not valid: {complaint}.")


@dataclass(frozen=True, slots=True, repr=False)
class Familiarity:
    """The fitted region of FamiliaritySpec.

    Attributes:
        mean: float32 (C,).
        whitener: float32 (C, r); the squared distance of x is the squared length of (x - mean) @ whitener.
    """

    mean: NDArray[np.float32]
    whitener: NDArray[np.float32]
    threshold: float
    quantile: float


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A version that is ready to predict."""

    spec: ModelSpec
    sha256: str
    engine: "Engine" = field(repr=False)
    familiarity: Familiarity | None = field(default=None, repr=False)


def spec_to_json(spec: ModelSpec) -> str:
    """Canonical JSON: sorted keys, no NaN."""
    return json.dumps(dataclasses.asdict(spec), sort_keys=True, allow_nan=False, ensure_ascii=False)


def spec_from_json(text: str) -> ModelSpec:
    """The inverse of spec_to_json.

    Raises:
        ArtefactMalformed: not JSON, a field is missing, unknown or of the wrong type, or a rule is broken.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArtefactMalformed("The model's specification is not JSON.") from error
    spec = read_as(ModelSpec, document, "spec")
    assert isinstance(spec, ModelSpec)
    return spec
