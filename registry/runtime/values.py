"""What a model version says of itself (ModelSpec), and what a loaded one is. Plain frozen values; importing them never
loads an inference library."""

import dataclasses
import json
import math
import types
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from registry.runtime.errors import ArtefactMalformed

if TYPE_CHECKING:
    from registry.runtime.engines.base import Engine

TRIAGE_CLASSES = ("normal", "flagged", "urgent")
TRIAGE_KINDS = ("softmax", "operating_points", "any_finding")


@dataclass(frozen=True, slots=True)
class TileSpec:
    """How a detector looks at a square that is larger than what its network takes: imaging.pipeline.tiles.

    Attributes:
        side: of a window, and of what the network is given, pixels.
        overlap: that neighbouring windows share, pixels; below `side`.
        whole: the network is also given the whole square, reduced to `side`.
    """

    side: int
    overlap: int
    whole: bool


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What the network expects.

    Attributes:
        size: side of the square that a frame is preprocessed to, pixels.
        mean, std: applied to the preprocessed array in [0, 1], the same for the three identical channels.
        preprocess: settings of imaging.pipeline.preprocess, as its from_dict takes them.
        tiles: None when the network is given the square as it is; only a detector may have them.
    """

    size: int
    mean: float
    std: float
    preprocess: dict[str, Any] = field(default_factory=dict)
    tiles: TileSpec | None = None

    @property
    def network_side(self) -> int:
        """Side of what the network is given at once, pixels."""
        return self.size if self.tiles is None else self.tiles.side


@dataclass(frozen=True, slots=True)
class Calibration:
    """probability = sigmoid((logit - bias) / temperature); a detector's logit is log(score / (1 - score))."""

    temperature: float
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold on the probability, with what it was chosen for and what it was measured to give.

    Attributes:
        sensitivity_interval, specificity_interval: 95 % intervals (low, high).
        n_positive, n_negative: size of the sample it was measured on.
        data_digest: SHA-256 over that sample's manifest.
        chosen_for: a phrase, e.g. "sensitivity 0.90 out of fold on train".
    """

    threshold: float
    sensitivity: float
    sensitivity_interval: tuple[float, float]
    specificity: float
    specificity_interval: tuple[float, float]
    n_positive: int
    n_negative: int
    data_digest: str
    chosen_for: str


@dataclass(frozen=True, slots=True)
class TriageSpec:
    """How normal, flagged or urgent follows from the network.

    Attributes:
        kind: "softmax": three logits of the network, in the order of TRIAGE_CLASSES, divided by temperature; urgent if
            P(urgent) >= urgent.threshold, else flagged if P(urgent) + P(flagged) >= flagged.threshold, else normal.
            "operating_points": from the probability p of one label; urgent if p >= urgent.threshold, else flagged if
            p >= flagged.threshold, else normal; scores normal = 1 - p, flagged = 0, urgent = p.
            "any_finding": flagged if one of `labels` reaches its own operating point, else normal; never urgent; scores
            flagged = the highest probability of `labels`, normal = 1 - that, urgent = 0.
        label: of kind "operating_points" only.
        urgent: None for kind "any_finding", and only there.
        flagged: for kind "any_finding" the lowest of its labels' thresholds, with the rates of the whole rule.
        sentence_source: where the rule comes from, a phrase for the reader.
        labels: of kind "any_finding" only.
    """

    kind: str
    temperature: float
    label: str | None
    urgent: OperatingPoint | None
    flagged: OperatingPoint
    sentence_source: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamiliaritySpec:
    """Squared Mahalanobis distance of the mean-pooled features from the training images.

    The artefact's tensors: familiarity.mean (C,), and familiarity.precision (C, C) or familiarity.whitener (C, r) with
    precision = whitener @ whitener.T; float32.

    Attributes:
        threshold: a frame farther away than this is not analysed.
        quantile: the quantile of the training distances that the threshold is, e.g. 0.995.
        n_images: how many training images it was fitted on.
    """

    threshold: float
    quantile: float
    n_images: int


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """How a guard's outputs decide whether a frame is read, and which way up.

    The version's labels are those of `kinds`, of `turns` and, where there is one, `inverted`. Probabilities: softmax of
    the logits over the kinds and over the turns, each logit divided by its label's temperature; sigmoid for `inverted`.

    Attributes:
        kinds: labels of what a frame may be of.
        expected: case type -> the kind that its frames are of; a case type that is not here is not judged.
        partial: the kind of a frame that shows too little of what it is of; None when the guard knows none.
        other: the kind of what is no radiograph.
        turns: four labels: the frame is upright after 0, 90, 180, 270 degrees counter-clockwise.
        inverted: the label for black and white exchanged; None leaves negatives to the rule of the input's
            preprocessing, which turns them over before the network sees them.
        read: case type -> on the probability of the expected kind; below it the frame is not read.
        turned: case type -> on 1 - the probability of the first turn; at or above it the frame is turned.
        negative: case type -> on the probability of `inverted`; at or above it black and white are exchanged back.
    """

    kinds: tuple[str, ...]
    expected: dict[str, str]
    other: str
    turns: tuple[str, str, str, str]
    read: dict[str, OperatingPoint]
    turned: dict[str, OperatingPoint]
    negative: dict[str, OperatingPoint]
    partial: str | None = None
    inverted: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the network's logits."""
        return (*self.kinds, *self.turns, *((self.inverted,) if self.inverted else ()))


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
        for holds, complaint in _rules(self):
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
    spec = _read(ModelSpec, document, "spec")
    assert isinstance(spec, ModelSpec)
    return spec


def _rules(spec: ModelSpec) -> list[tuple[bool, str]]:
    points = [*spec.operating_points.values(), *_triage_points(spec.triage), *_guard_points(spec.guard)]
    temperatures = [entry.temperature for entry in spec.calibration.values()]
    temperatures += [spec.triage.temperature] if spec.triage else []
    triage = spec.triage
    return [
        (spec.schema == 1, "its schema is not 1"),
        (spec.task in {"classifier", "detector", "guard"}, "its task is unknown"),
        ((spec.task == "guard") == (spec.guard is not None), "a guard, and only a guard, says how it decides"),
        (spec.guard is None or spec.guard.labels == spec.labels, "its labels are not those that its guard names"),
        (spec.guard is None or _guard_is_whole(spec.guard), "its guard names a kind that it does not have"),
        (bool(spec.name and spec.version and spec.architecture), "name, version or architecture is empty"),
        (bool(spec.labels) and len(set(spec.labels)) == len(spec.labels), "its labels are missing or not distinct"),
        (spec.input.size > 0 and spec.input.std > 0, "the input's size or standard deviation is not above 0"),
        (spec.input.tiles is None or _tiles_fit(spec), "its tiles do not fit its input, or it is no detector"),
        (set(spec.calibration) == set(spec.labels), "its calibration is not one entry a label"),
        (set(spec.operating_points) <= set(spec.labels), "an operating point belongs to no label"),
        (all(0 <= point.threshold <= 1 for point in points), "an operating point is outside 0 to 1"),
        (all(value > 0 for value in temperatures), "a temperature is not above 0"),
        (triage is None or triage.kind in TRIAGE_KINDS, "its kind of triage is unknown"),
        (triage is None or _triage_is_whole(triage, spec), "its triage names labels or thresholds it does not have"),
    ]


def _tiles_fit(spec: ModelSpec) -> bool:
    tiles = spec.input.tiles
    return tiles is not None and spec.task == "detector" and 0 <= tiles.overlap < tiles.side <= spec.input.size


def _triage_points(triage: TriageSpec | None) -> list[OperatingPoint]:
    return [point for point in (triage.urgent, triage.flagged) if point is not None] if triage else []


def _triage_is_whole(triage: TriageSpec, spec: ModelSpec) -> bool:
    if triage.kind == "any_finding":
        return bool(triage.labels) and set(triage.labels) <= set(spec.operating_points) and triage.urgent is None
    return triage.urgent is not None and (triage.kind == "softmax" or triage.label in spec.labels)


def _guard_points(guard: GuardSpec | None) -> list[OperatingPoint]:
    groups = (guard.read, guard.turned, guard.negative) if guard else ()
    return [point for group in groups for point in group.values()]


def _guard_is_whole(guard: GuardSpec) -> bool:
    named = {*guard.expected.values(), guard.other, *({guard.partial} if guard.partial else ())}
    judged = {*guard.read, *guard.turned, *guard.negative}
    if guard.negative and guard.inverted is None:
        return False
    return named <= set(guard.kinds) and set(guard.read) == set(guard.expected) and judged <= set(guard.expected)


def _read(kind: Any, value: Any, where: str) -> Any:
    """Value of the annotated kind from decoded JSON; refuses what does not fit."""
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return None if value is None else _read(next(a for a in arguments if a is not type(None)), value, where)
    if origin is dict and isinstance(value, dict):
        return {str(key): _read(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is tuple and isinstance(value, list):
        fixed = arguments[-1] is not Ellipsis
        if not fixed or len(arguments) == len(value):
            kinds = arguments if fixed else [arguments[0]] * len(value)
            return tuple(_read(item_kind, item, where) for item_kind, item in zip(kinds, value, strict=True))
    if kind is Any:
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if kind in {bool, int, str} and type(value) is kind:
        return value
    raise ArtefactMalformed(f"The model's specification is not valid: {where} has the wrong type.")


def _read_dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ArtefactMalformed(f"The model's specification is not valid: {where} is not an object.")
    kinds = typing.get_type_hints(kind)
    unknown = set(value) - set(kinds)
    required = {
        entry.name
        for entry in dataclasses.fields(kind)
        if entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    }
    missing = required - set(value)
    if unknown or missing:
        names = ", ".join(sorted(unknown | missing))
        raise ArtefactMalformed(f"The model's specification is not valid: {where} lacks or does not know {names}.")
    return kind(**{key: _read(kinds[key], item, f"{where}.{key}") for key, item in value.items()})
