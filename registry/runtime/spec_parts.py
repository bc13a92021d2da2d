"""The parts of a ModelSpec. Plain frozen values."""

from dataclasses import dataclass, field
from typing import Any

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
