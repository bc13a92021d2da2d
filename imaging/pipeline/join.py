"""One finding a lesion: a detector's boxes and a classifier's labels put together where they speak of the same.

A positive box takes over the word of the classifier that reads its label, with that label's map: "both" when the label
is positive too and its map agrees with the box, else "box_only". Of positive boxes of a label that cover one another by
half and more, the most probable stands for all. A positive label that no positive box of a detector for it shows is
"map_only". Nothing is dropped: what a finding stands for is named, and negatives stay as they were.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.values import BoundingBox, Heatmap, PredictedFinding, SecondOpinion

BOTH, MAP_ONLY, BOX_ONLY = "both", "map_only", "box_only"

# Of the smaller of two boxes of a label: from here on they show one lesion. Suppression asks for their whole union, and
# leaves a small box inside a large one.
SAME_LESION = 0.5

# A map is smooth between cells of 16 pixels and more: this is finer than anything in it, and renders in a millisecond.
MAP_SIDE = 512


@dataclass(frozen=True, slots=True)
class Joined:
    """A finding, and which predictions it stands for: indices, its own first; of a joined one the label's next."""

    finding: PredictedFinding
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MapInBox:
    """How a label's map and a box go together.

    Attributes:
        agreement: largest contribution inside the box / largest in the frame, in [0, 1]; 0 when none is above 0.
        agrees: what speaks for the label is denser inside the box than in the frame, on the mean.
    """

    agreement: float
    agrees: bool


def join(predictions: Sequence[PredictedFinding], *, boxed: Collection[str]) -> list[Joined]:
    """Findings in the order of the predictions, each joined one in the place of its box.

    Args:
        predictions: every classifier label, then every box, of one frame.
        boxed: the labels that a detector looked for in the frame; a label that none looks for cannot lack a box.
    """
    readers = _readers(predictions)
    shown = {entry.label for entry in predictions if _is_joinable(entry, readers)}
    maps = {label: _Map.of(heatmap) for label in shown if (heatmap := predictions[readers[label]].heatmap) is not None}
    doubles = _doubles(predictions, readers)
    taken = {readers[label] for label in shown} | {index for group in doubles.values() for index in group}
    missing = frozenset(boxed) - shown
    found = list[Joined]()
    for index, entry in enumerate(predictions):
        if index in doubles:
            reader = readers[entry.label]
            joined = _with_label(entry, predictions[reader], maps.get(entry.label))
            found.append(Joined(joined, (index, reader, *doubles[index])))
        elif entry.box is None and entry.positive and entry.label in missing:
            found.append(Joined(replace(entry, support=MAP_ONLY), (index,)))
        elif index not in taken:
            found.append(Joined(entry, (index,)))
    return found


def map_in_box(heatmap: Heatmap, box: BoundingBox) -> MapInBox:
    """The same comparison for one box, in pixels of the frame that the map shows."""
    return _Map.of(heatmap).in_box(box)


def support_words(support: str, *, label_positive: bool | None, agreement: float | None) -> str:
    """What a reader is told of a finding's support; "" when there was nothing to join.

    Args:
        label_positive: the classifier's word on the label of a box, None without one.
    """
    if support == MAP_ONLY:
        return "no box"
    if support == BOTH:
        return "map agrees"
    if support != BOX_ONLY:
        return ""
    if not label_positive:
        return "label below its threshold"
    return "no map" if agreement is None else "map looks elsewhere"


def doubt(finding: PredictedFinding) -> str:
    """What is to be said against a box, as the end of a sentence: empty, or beginning with a comma."""
    return doubt_words(finding.support, label_positive=finding.second.positive if finding.second else None)


def doubt_words(support: str, *, label_positive: bool | None) -> str:
    """The same from what is stored of a finding."""
    if support != BOX_ONLY:
        return ""
    return ", but its label's map does not agree" if label_positive else ", without a positive label"


def _readers(predictions: Sequence[PredictedFinding]) -> dict[str, int]:
    """Label -> the first classifier prediction of it."""
    found: dict[str, int] = {}
    for index, entry in enumerate(predictions):
        if entry.box is None:
            found.setdefault(entry.label, index)
    return found


def _is_joinable(entry: PredictedFinding, readers: dict[str, int]) -> bool:
    return entry.box is not None and entry.positive and entry.label in readers


def _doubles(predictions: Sequence[PredictedFinding], readers: dict[str, int]) -> dict[int, list[int]]:
    """Of the boxes to join, those that stand for a lesion -> the less probable boxes that show the same one."""
    joinable = [index for index, entry in enumerate(predictions) if _is_joinable(entry, readers)]
    groups: dict[int, list[int]] = {}
    for index in sorted(joinable, key=lambda place: -predictions[place].probability):
        best = next((known for known in groups if _same_lesion(predictions[known], predictions[index])), None)
        if best is None:
            groups[index] = []
        else:
            groups[best].append(index)
    return groups


def _same_lesion(first: PredictedFinding, second: PredictedFinding) -> bool:
    one, other = first.box, second.box
    if one is None or other is None or first.label != second.label:
        return False
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min(one.width * one.height, other.width * other.height)
    return across > 0 and down > 0 and across * down >= SAME_LESION * smaller


def _with_label(box: PredictedFinding, label: PredictedFinding, seen: "_Map | None") -> PredictedFinding:
    """A box with the classifier's word on its label; `box` has a box."""
    assert box.box is not None
    found = None if seen is None else seen.in_box(box.box)
    agrees = found is not None and found.agrees and label.positive
    return replace(
        box,
        source="joined",
        peak=label.peak,
        heatmap=label.heatmap,
        border_energy=label.border_energy,
        marker_energy=label.marker_energy,
        agreement=None if found is None else found.agreement,
        support=BOTH if agrees else BOX_ONLY,
        second=SecondOpinion(
            model_name=label.model_name,
            model_version=label.model_version,
            probability=label.probability,
            operating_point=label.operating_point,
            positive=label.positive,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Map:
    """A label's map over the frame shown, float32 (height, width), and the frame's extent in pixels."""

    values: NDArray[np.float32]
    rows: int
    columns: int

    @classmethod
    def of(cls, heatmap: Heatmap) -> "_Map":
        rows, columns = heatmap.source.rows, heatmap.source.columns
        if heatmap.turns % 2:
            rows, columns = columns, rows
        return cls(heatmap.rendered(MAP_SIDE), rows, columns)

    def in_box(self, box: BoundingBox) -> MapInBox:
        inside = self._part(box)
        largest = float(self.values.max())
        if largest <= 0.0:
            return MapInBox(0.0, agrees=False)
        denser = float(np.maximum(inside, 0.0).mean()) > float(np.maximum(self.values, 0.0).mean())
        return MapInBox(max(float(inside.max()), 0.0) / largest, agrees=denser)

    def _part(self, box: BoundingBox) -> NDArray[np.float32]:
        """The map's pixels that the box touches, at least one."""
        height, width = self.values.shape
        across, down = width / self.columns, height / self.rows
        rows = _span(box.top * down, box.bottom * down, height)
        return self.values[rows, _span(box.left * across, box.right * across, width)]


def _span(low: float, high: float, size: int) -> slice:
    first = min(max(floor(low), 0), size - 1)
    return slice(first, max(first + 1, min(ceil(high), size)))
