"""What every engine does: arrays in, logits and the last feature map out."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ClassifierOutput:
    """One batch through a classifier.

    Attributes:
        logits: float32 (n, L).
        features: float32 (n, C, h, w), exactly what is average pooled over (h, w) and fed to the linear layer; None
            when the network has no such tail.
        triage_logits: float32 (n, 3), normal, flagged, urgent; None without a triage head.
        head_weight, head_bias: float32 (L, C) and (L,): logits = mean(features) @ head_weight.T + head_bias;
            None without features.
        maps: float32 (n, L, h, w), every cell's signed contribution to every logit (already divided by h * w), from an
            engine that computes them inside the network's graph; the features are then not handed out.
        pooled: float32 (n, C), the features' means over (h, w), where the maps are there.
    """

    logits: NDArray[np.float32] = field(repr=False)
    features: NDArray[np.float32] | None = field(repr=False)
    triage_logits: NDArray[np.float32] | None = field(repr=False)
    head_weight: NDArray[np.float32] | None = field(repr=False)
    head_bias: NDArray[np.float32] | None = field(repr=False)
    maps: NDArray[np.float32] | None = field(default=None, repr=False)
    pooled: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DetectorOutput:
    """One image through a detector.

    Attributes:
        boxes: float32 (k, 4): left, top, right, bottom in pixels of the model input.
        labels: int64 (k,), 0-based index into the version's labels.
        scores: float32 (k,) in [0, 1], highest first.
    """

    boxes: NDArray[np.float32] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    scores: NDArray[np.float32] = field(repr=False)


class Engine(Protocol):
    """A network that is ready to predict; up to rounding, a result does not depend on what shares its batch."""

    def classify(self, batch: NDArray[np.float32]) -> ClassifierOutput:
        """float32 (n, 3, S, S) through a classifier."""
        ...

    def detect(self, batch: NDArray[np.float32]) -> list[DetectorOutput]:
        """float32 (n, 3, S, S) through a detector."""
        ...
