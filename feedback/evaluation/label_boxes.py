"""Predicted and drawn boxes of one label, film by film: labels_for, ignored regions and films not analysed honoured."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.values import FilmReading
from imaging.pipeline.values import BoundingBox
from registry.metrics.detection import NEITHER, FrameDetections, match_findings

OVERLAP, LOOSE_OVERLAP = 0.5, 0.3  # what counts as found, as in PASCAL VOC; loosely drawn boxes are reported at .3 too

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelBoxes:
    """One label on the analysed films that were annotated for it.

    Attributes:
        rows: int (m,): these films among all of the set.
        frames: their boxes, scored by the network. probabilities: of the same boxes, after calibration.
        present, known: bool (m,): the label is on the film; the reference standard says whether it is.
    """

    label: str
    rows: NDArray[np.int64] = field(repr=False)
    frames: tuple[FrameDetections, ...] = field(repr=False)
    probabilities: tuple[Floats, ...] = field(repr=False)
    present: Flags = field(repr=False)
    known: Flags = field(repr=False)

    @property
    def n_drawn(self) -> int:
        return int(sum(len(frame.drawn) for frame in self.frames))

    @property
    def by_probability(self) -> list[FrameDetections]:
        """The frames with probabilities for scores."""
        pairs = zip(self.frames, self.probabilities, strict=True)
        return [FrameDetections(frame.boxes, values, frame.drawn, frame.ignored) for frame, values in pairs]

    @property
    def best_scores(self) -> Floats:
        """A film's own score: that of its best box outside ignored regions; 0 without one."""
        found = (match_findings(frame, overlap=OVERLAP) != NEITHER for frame in self.frames)
        return np.array(
            [frame.scores[counted].max(initial=0.0) for frame, counted in zip(self.frames, found, strict=True)]
        )


def label_boxes(
    label: str, films: Sequence[Film], readings: Sequence[FilmReading], *, among: Flags | None = None
) -> LabelBoxes:
    """Gather a label's boxes.

    Args:
        among: bool, one a film: leaves out the others, beside those that were not analysed.
    """
    fits = [
        reading.is_analysed and (film.annotated is None or label in film.annotated)
        for film, reading in zip(films, readings, strict=True)
    ]
    rows = np.flatnonzero(np.array(fits, dtype=bool) & (True if among is None else among))
    places: list[int] = rows.tolist()
    own = [[entry for entry in readings[row].boxes if entry.label == label] for row in places]
    return LabelBoxes(
        label=label,
        rows=rows,
        frames=tuple(
            FrameDetections(
                boxes=corners([entry.box for entry in entries]),
                scores=np.array([entry.score for entry in entries], dtype=np.float64),
                drawn=corners(films[row].boxes_of(label)),
                ignored=ignored_regions(films[row], label),
            )
            for row, entries in zip(places, own, strict=True)
        ),
        probabilities=tuple(np.array([entry.probability for entry in entries], np.float64) for entries in own),
        present=np.array([label in films[row].present for row in places], dtype=bool),
        known=np.array([films[row].is_known(label) for row in places], dtype=bool),
    )


def ignored_regions(film: Film, label: str) -> Floats:
    """(n, 4): the label's ignored regions and those of no label."""
    return corners([box for name, box in film.ignored if name in {"", label}])


def corners(boxes: Sequence[BoundingBox]) -> Floats:
    """(n, 4) left, top, right, bottom."""
    found = [[box.left, box.top, box.right, box.bottom] for box in boxes]
    return np.array(found, dtype=np.float64).reshape(-1, 4)
