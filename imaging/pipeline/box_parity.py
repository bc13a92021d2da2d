"""How near a fast engine's boxes come to fp32 torch's: where they are, and how probable they are said to be."""

from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.calibrate import probability_of_score
from registry.runtime.engines.base import DetectorOutput
from registry.runtime.values import ModelSpec

BOX_PIXELS = 1.0
"""Every edge of a box has to be this near to the reference's, in pixels of what the network sees."""

BOX_PROBABILITY = 0.01
"""And its calibrated probability this near."""

WITHIN_SHARE = 0.99
"""Of the boxes that are compared; below it an engine does not serve."""

LOWEST_THAT_MATTERS = 0.05
"""A box matters from this probability on, or from half of its label's operating point, whichever is lower."""

FEWEST_BOXES = 100
"""With fewer boxes that matter a hundredth of them is less than one box, so candidates are compared as well."""

CANDIDATES = 20
"""The most probable boxes of an image, however improbable."""

SAME_BOX = 0.5
"""Intersection over union from which on two boxes of one label are taken for the same."""


@dataclass(frozen=True, slots=True)
class BoxParity:
    """Differences between two engines' boxes on the same images.

    Attributes:
        source: "films" or "phantoms".
        compared: "boxes" that matter; or "candidates", the most probable boxes of every image, where fewer than
            FEWEST_BOXES matter: phantoms show no lesion, but a box that nobody is shown tells rounding from error too.
        n_boxes: how many were compared, of either engine.
        n_mattering: how many of all boxes matter.
        within: share of the compared boxes whose counterpart lies within BOX_PIXELS and BOX_PROBABILITY.
        unmatched: compared boxes without a counterpart; they count as not within.
        box_p99, box_max: largest distance of an edge, pixels; probability_p99, probability_max: difference of the
            calibrated probabilities; both over compared boxes with a counterpart, None without one.
        calls_changed: how many boxes are positive on one side alone.
    """

    n_images: int
    source: str
    compared: str
    n_boxes: int
    n_mattering: int
    within: float
    unmatched: int
    box_p99: float | None
    box_max: float | None
    probability_p99: float | None
    probability_max: float | None
    calls_changed: int

    def to_json(self) -> dict[str, int | float | str | None]:
        """As EngineBuild.parity stores it."""
        return asdict(self)


@dataclass(slots=True)
class BoxParityCount:
    """Differences as they come, image by image; no image is kept.

    Attributes:
        compared: one row a box, of either engine: (pixels, probability difference, whether it matters); pixels and
            difference are infinite without a counterpart.
    """

    spec: ModelSpec
    compared: list[tuple[float, float, bool]] = field(default_factory=list)
    n_images: int = 0
    calls_changed: int = 0

    def add(self, reference: list[DetectorOutput], fast: list[DetectorOutput]) -> None:
        """The outputs of both engines for one film: one entry, or one a window of it."""
        self.n_images += 1
        for expected, found in zip(reference, fast, strict=True):
            self._add_image(expected, found)

    def parity(self, *, source: str) -> BoxParity:
        """What was counted.

        Raises:
            ValueError: no image was.
        """
        if not self.n_images:
            raise ValueError("parity over no images")
        mattering = [row for row in self.compared if row[2]]
        enough = len(mattering) >= FEWEST_BOXES
        rows = np.array(mattering if enough else self.compared, np.float64).reshape(-1, 3)
        pixels, difference = rows[:, 0], rows[:, 1]
        has_counterpart = np.isfinite(pixels)
        within = (pixels <= BOX_PIXELS) & (difference <= BOX_PROBABILITY)
        return BoxParity(
            n_images=self.n_images,
            source=source,
            compared="boxes" if enough else "candidates",
            n_boxes=len(rows),
            n_mattering=len(mattering),
            within=float(within.mean()) if len(rows) else 0.0,
            unmatched=int((~has_counterpart).sum()),
            box_p99=_quantile(pixels[has_counterpart], 0.99),
            box_max=_quantile(pixels[has_counterpart], 1.0),
            probability_p99=_quantile(difference[has_counterpart], 0.99),
            probability_max=_quantile(difference[has_counterpart], 1.0),
            calls_changed=self.calls_changed,
        )

    def _add_image(self, expected: DetectorOutput, found: DetectorOutput) -> None:
        one, other = self._rated(expected), self._rated(found)
        pairs = _pairs(one, other)
        for index, partner in pairs.items():
            pixels = float(np.abs(one.boxes[index] - other.boxes[partner]).max())
            difference = float(abs(one.probabilities[index] - other.probabilities[partner]))
            self.calls_changed += int(one.positive[index] != other.positive[partner])
            if one.looked_at[index] or other.looked_at[partner]:
                self.compared.append((pixels, difference, bool(one.matters[index] or other.matters[partner])))
        for rated, matched in ((one, set(pairs)), (other, set(pairs.values()))):
            alone = [index for index in range(len(rated.boxes)) if index not in matched]
            self.calls_changed += int(rated.positive[alone].sum())
            self.compared += [(np.inf, np.inf, bool(rated.matters[i])) for i in alone if rated.looked_at[i]]

    def _rated(self, output: DetectorOutput) -> "_Rated":
        names = [self.spec.labels[int(label)] for label in output.labels]
        scores = zip(output.scores.tolist(), names, strict=True)
        probabilities = np.array([probability_of_score(score, self.spec.calibration[name]) for score, name in scores])
        points = [self.spec.operating_points.get(name) for name in names]
        thresholds = np.array([np.inf if point is None else point.threshold for point in points], np.float64)
        matters = probabilities >= np.minimum(LOWEST_THAT_MATTERS, thresholds / 2)
        is_among_best = np.zeros(len(names), bool)
        is_among_best[np.argsort(-probabilities, kind="stable")[:CANDIDATES]] = True
        return _Rated(
            boxes=output.boxes.astype(np.float64).reshape(-1, 4),
            labels=np.asarray(output.labels),
            probabilities=probabilities,
            positive=probabilities >= thresholds,
            matters=matters,
            looked_at=matters | is_among_best,
        )


def box_disagreement(parity: BoxParity) -> str:
    """Why such boxes are not the reference's; empty when they are."""
    if not parity.n_boxes:
        return "no box could be compared: the reference found none"
    # Written so that a share which is not a number is refused too.
    if not parity.within >= WITHIN_SHARE:
        tolerance = f"within {BOX_PIXELS:g} px and {BOX_PROBABILITY}"
        return (
            f"{parity.within:.1%} of {parity.n_boxes} {parity.compared} are {tolerance}, fewer than {WITHIN_SHARE:.0%}"
        )
    return ""


@dataclass(frozen=True, slots=True)
class _Rated:
    """One engine's boxes of one image (k, 4), with what is said of each (k,)."""

    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    positive: NDArray[np.bool_]
    matters: NDArray[np.bool_]
    looked_at: NDArray[np.bool_]


def _pairs(one: _Rated, other: _Rated) -> dict[int, int]:
    """Indices of the same box on both sides: of one label, by overlap, the best overlaps first, each box once."""
    overlaps = np.where(one.labels[:, None] == other.labels[None], _overlaps(one.boxes, other.boxes), 0.0)
    places = np.argwhere(overlaps >= SAME_BOX)
    order = np.argsort(-overlaps[places[:, 0], places[:, 1]], kind="stable")
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in places[order].tolist():
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return pairs


def _overlaps(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union, (k, m); 0 where there is none, or a corner is not a number."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (one, other)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.asarray(np.nan_to_num(shared / np.maximum(union, np.finfo(np.float64).tiny)))


def _quantile(values: NDArray[np.float64], share: float) -> float | None:
    return float(np.quantile(values, share)) if len(values) else None
