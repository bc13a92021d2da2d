"""What one version says of one film, and what is true of the film whatever a model says. Frozen values."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.values import BoundingBox

ANALYSED, NOT_ANALYSED, FAILED, REFUSED = "analysed", "not_analysed", "failed", "refused"


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """The confounders: everything that a model could use instead of anatomy.

    Attributes:
        mean_grey: of the stored frame as displayed, [0, 1]. file_bytes: size of the file.
        thumbnail: float32 (1024,), block means of 32 x 32 parts of the frame.
        frozen: features of a network that was never trained on radiographs, where the floor was asked for.
    """

    mean_grey: float
    file_bytes: int
    thumbnail: NDArray[np.float32] = field(repr=False)
    frozen: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LabelReading:
    """One label of one film.

    Attributes:
        score: raw logit. probability: after calibration.
        peak: (x, y) as shares of the frame's width and height; None when nothing speaks for the label.
        in_box, on_border, on_markers: shares of the map's positive contributions; None where not measured.
    """

    score: float
    probability: float
    peak: tuple[float, float] | None = None
    in_box: float | None = None
    on_border: float | None = None
    on_markers: float | None = None


@dataclass(frozen=True, slots=True)
class BoxReading:
    """One predicted box, pixels of the stored frame."""

    label: str
    box: BoundingBox
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class JoinedReading:
    """A positive finding in which a detector and the classifier in front of it were put together.

    Attributes:
        support: "both", "box_only" or "map_only". probability: of the box, or of the label where there is none.
        box: pixels of the stored frame; None for "map_only".
        agreement: how strongly the map speaks inside the box, [0, 1]; None without a map.
    """

    label: str
    support: str
    probability: float
    box: BoundingBox | None = None
    agreement: float | None = None


@dataclass(frozen=True, slots=True)
class FilmReading:
    """One version on one film.

    Attributes:
        labels, boxes: the version's own predictions. joined: what a reader is shown of them and of the classifier.
        status: analysed, not_analysed, failed or refused. reason: a stable code for the last three.
        triage_scores: probabilities of normal, flagged, urgent; None without a triage rule.
        corrections: what the pipeline did to the frame before it read it.
        milliseconds: the pipeline's own time, decoding included.
    """

    status: str
    reason: str = ""
    labels: dict[str, LabelReading] = field(default_factory=dict)
    boxes: tuple[BoxReading, ...] = ()
    joined: tuple[JoinedReading, ...] = ()
    triage_scores: dict[str, float] | None = None
    triage_class: str | None = None
    corrections: tuple[str, ...] = ()
    milliseconds: float = 0.0
    size: tuple[int, int] = (0, 0)

    @property
    def is_analysed(self) -> bool:
        return self.status == ANALYSED
