"""Frozen values that the stages of the pipeline pass on. Boxes: (left, top, right, bottom), floats, stored frame."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline import cells as cell_maps

CASE_TYPES = ("dental_bitewing", "dental_periapical", "dental_panoramic", "chest", "bone", "ct", "mr")
MODALITIES = frozenset({"ct", "mr"})
"""Case types that are said by their letters."""


def case_type_words(case_type: str) -> str:
    """As people say it: "CT", "dental bitewing"; "" for none."""
    return case_type.upper() if case_type in MODALITIES else case_type.replace("_", " ")


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """Corners in pixels of the stored frame; (0.0, 0.0) is the top-left corner of its first pixel."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Point:
    """A position in pixels of the stored frame."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as displayed.

    Attributes:
        grey: float32 (rows, columns) in [0, 1], 0 = black.
        is_colour: the stored frame was colour with channels that differ.
    """

    grey: NDArray[np.float32] = field(repr=False)
    is_colour: bool = False

    @property
    def rows(self) -> int:
        return int(self.grey.shape[0])

    @property
    def columns(self) -> int:
        return int(self.grey.shape[1])


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Affine map from model input pixels back to the stored frame: x_source = (x_input - offset_x) / scale + crop_left.

    Attributes:
        scale: input pixels per source pixel.
        offset_x, offset_y: padding in front of the image content, input pixels.
        crop_left, crop_top: first kept column and row of the stored frame, source pixels.
        content_width, content_height: extent of the image content inside the input, input pixels.
        rows, columns: of the stored frame.
    """

    scale: float
    offset_x: float
    offset_y: float
    crop_left: float
    crop_top: float
    content_width: float
    content_height: float
    rows: int
    columns: int

    def to_source(self, x: float, y: float) -> tuple[float, float]:
        """Input pixel position -> stored-frame position, clipped to the frame."""
        source_x = (x - self.offset_x) / self.scale + self.crop_left
        source_y = (y - self.offset_y) / self.scale + self.crop_top
        return min(max(source_x, 0.0), float(self.columns)), min(max(source_y, 0.0), float(self.rows))

    def to_input(self, x: float, y: float) -> tuple[float, float]:
        """Stored-frame position -> input pixel position."""
        return (x - self.crop_left) * self.scale + self.offset_x, (y - self.crop_top) * self.scale + self.offset_y


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What a network sees.

    Attributes:
        array: float32 (3, height, width), already standardised with the version's mean and standard deviation.
        source: the map back to the stored frame.
        inverted: photometric inversion was applied.
        film: uint8 (height, width), the same square before denoising and normalising, 0 = black; None when not kept.
    """

    array: NDArray[np.float32] = field(repr=False)
    source: SourceMap
    inverted: bool
    film: NDArray[np.uint8] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Signed logit contributions of one label: kept per cell, rendered over the whole stored frame when asked for.

    Attributes:
        cells: float32 (h, w), over the square input of the network, for the frame as the network saw it.
        source: where that input's pixels are in that frame.
        size: side of the input, pixels.
        turns: the frame shown is the frame seen, turned by turns * 90 degrees counter-clockwise (np.rot90).
    """

    cells: NDArray[np.float32] = field(repr=False)
    source: SourceMap
    size: int
    turns: int = 0

    @staticmethod
    def of_array(values: NDArray[np.float32]) -> "Heatmap":
        """The heatmap that renders to float32 (height, width) `values` exactly; for maps that are kept as pictures."""
        height, width = values.shape
        side = max(height, width)
        padded = np.zeros((side, side), np.float32)
        padded[:height, :width] = values
        source = SourceMap(1.0, 0.0, 0.0, 0.0, 0.0, float(width), float(height), rows=height, columns=width)
        return Heatmap(cells=padded, source=source, size=side)

    @property
    def contributions(self) -> NDArray[np.float32]:
        """float32 (height, width), long side <= 1024, covering the whole frame; 0 where the network saw nothing."""
        return self.rendered(cell_maps.LONGEST_SIDE)

    def rendered(self, longest_side: int) -> NDArray[np.float32]:
        """The same with another limit on the long side, pixels."""
        seen = cell_maps.rendered(self.cells, source=self.source, size=self.size, longest_side=longest_side)
        return np.rot90(seen, self.turns) if self.turns else seen

    @property
    def largest(self) -> float:
        """The largest of the contributions."""
        return cell_maps.extremes(self.cells[None], source=self.source, size=self.size)[0].value

    def turned(self, turns: int) -> "Heatmap":
        """The same map for the frame turned by turns * 90 degrees counter-clockwise (np.rot90), any whole number."""
        return replace(self, turns=(self.turns + turns) % 4)


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """A classifier's word on the label of a finding that has a detector's box.

    Attributes:
        probability: after calibration, in [0, 1], of the label anywhere in the frame.
        operating_point: threshold on it, None when the classifier has none for this label.
    """

    model_name: str
    model_version: str
    probability: float
    operating_point: float | None
    positive: bool


@dataclass(frozen=True, slots=True)
class PredictedFinding:
    """One line of the result, before any reader sees it.

    Attributes:
        source: "classifier" or "detector"; "joined" for a detector's box that a classifier reads the label of.
        score: raw logit (classifier) or raw score (detector, joined).
        probability: after calibration, in [0, 1].
        operating_point: threshold on the probability, None when the version has none for this label.
        border_energy: share of the map's positive contributions on the outer 5 % of the frame, in [0, 1]; None without
            a map, or when nothing in it speaks for the label.
        marker_energy: the same on burned-in markers; 0 when there are none.
        agreement: the map's largest contribution inside the box / its largest in the frame, in [0, 1]; 0 when nothing
            speaks for the label; None without a box or a map.
        support: "both", "map_only" or "box_only" (imaging.pipeline.join says when); "" when there is nothing to join.
        second: the classifier's word on the label of a joined finding, whose own probability is the box's.
    """

    label: str
    source: str
    score: float
    probability: float
    operating_point: float | None
    positive: bool
    model_name: str
    model_version: str
    box: BoundingBox | None = None
    peak: Point | None = None
    heatmap: Heatmap | None = field(default=None, repr=False)
    border_energy: float | None = None
    marker_energy: float | None = None
    agreement: float | None = None
    support: str = ""
    second: SecondOpinion | None = None


@dataclass(frozen=True, slots=True)
class Triage:
    """normal, flagged or urgent, the sentence that says why, and the three probabilities (they sum to 1)."""

    triage_class: str
    reason: str
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds spent per stage."""

    decode: float = 0.0
    preprocess: float = 0.0
    classify: float = 0.0
    detect: float = 0.0
    explain: float = 0.0
    assemble: float = 0.0

    @property
    def total(self) -> float:
        return self.decode + self.preprocess + self.classify + self.detect + self.explain + self.assemble


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What the pipeline says of one frame.

    Attributes:
        status: "analysed" or "not_analysed".
        reason: None, or a stable code followed by ": " and a sentence, e.g. "blank: the frame holds one grey value".
        corrections: what was done to the stored frame before it was read: "inverted", "rotated_90", "rotated_180",
            "rotated_270" (degrees counter-clockwise). Boxes, peaks and heatmaps are those of the stored frame anyway.
        findings: one a lesion: boxes and labels joined (imaging.pipeline.join).
        predictions: the same before joining: every classifier label, then every box; what evaluation reads.
    """

    status: str
    reason: str | None
    triage: Triage | None
    scores: dict[str, float]
    findings: tuple[PredictedFinding, ...]
    timings: Timings
    corrections: tuple[str, ...] = ()
    predictions: tuple[PredictedFinding, ...] = ()
