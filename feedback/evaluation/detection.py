"""A detector's boxes against drawn ones: average precision, boxes found and false boxes, and the image's own AUC."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json, finite, measured, with_interval
from feedback.evaluation.values import BoxReading, FilmReading
from imaging.pipeline.values import BoundingBox
from registry.metrics.classification import calibration_error
from registry.metrics.detection import FrameDetections, intersection_over_union, match_findings
from registry.metrics.detection_resampling import (
    average_precision_interval,
    boxes_at,
    froc_points,
    matched_detections,
)
from registry.metrics.errors import SampleUnusable
from registry.metrics.resampling import Resamples, auc_interval
from registry.runtime.values import ModelSpec

OVERLAP, LOOSE_OVERLAP = 0.5, 0.3  # what counts as found, as in PASCAL VOC; loosely drawn boxes are reported at .3 too
IN_IGNORED = 0.5  # a prediction with this share of its area in an ignored region is neither right nor wrong


def detector_metrics(
    spec: ModelSpec, films: Sequence[Film], readings: Sequence[FilmReading], resamples: Resamples, *, exhaustive: bool
) -> Json:
    """By label; a label without a drawn box says why it was not measured."""
    if not exhaustive:
        return {"not_measured": "The set's boxes are not exhaustive, so a box without a drawn one is not a false one."}
    return {"labels": {label: label_metrics(spec, label, films, readings, resamples) for label in spec.labels}}


def label_metrics(
    spec: ModelSpec, label: str, films: Sequence[Film], readings: Sequence[FilmReading], resamples: Resamples
) -> Json:
    """Of one label, over the analysed films that are labelled for it."""
    usable = (row for row, film in enumerate(films) if film.annotated is None or label in film.annotated)
    rows = np.array([row for row in usable if readings[row].is_analysed], dtype=np.int64)
    point = spec.operating_points.get(label)
    frames = [frame_detections(films[row], readings[row], label) for row in rows]
    probabilities = [_probabilities(films[row], readings[row], label) for row in rows]
    drawn = int(sum(len(frame.drawn) for frame in frames))
    found: Json = {"n_films": len(rows), "n_boxes": drawn}
    if not drawn:
        return {**found, "not_measured": "no drawn box on the analysed films"}
    seen = resamples.of(rows)
    for overlap in (OVERLAP, LOOSE_OVERLAP):
        found[f"overlap_{overlap:.1f}"] = _at_overlap(frames, probabilities, overlap, point and point.threshold, seen)
    found["image_auc"] = image_auc(frames, films, rows, label, seen)
    found["calibration"] = _calibration(frames, probabilities)
    if point is not None:
        found["threshold"] = finite(point.threshold)
        found["chosen_for"] = point.chosen_for
    return found


def frame_detections(film: Film, reading: FilmReading, label: str) -> FrameDetections:
    """Predicted boxes outside ignored regions, and drawn ones, pixels of the stored frame."""
    kept = counted_boxes(film, reading, label)
    scores = np.array([entry.score for entry in kept], dtype=np.float64)
    return FrameDetections(_corners([entry.box for entry in kept]), scores, _corners(film.boxes_of(label)))


def counted_boxes(film: Film, reading: FilmReading, label: str) -> list[BoxReading]:
    """A label's predictions but for those in an ignored region that find nothing drawn."""
    own = [entry for entry in reading.boxes if entry.label == label]
    ignored = [box for name, box in film.ignored if name in {"", label}]
    if not ignored or not own:
        return own
    drawn = _corners(film.boxes_of(label))
    overlaps = intersection_over_union(_corners([entry.box for entry in own]), drawn)
    finds = overlaps.max(axis=1) >= LOOSE_OVERLAP if overlaps.size else np.zeros(len(own), dtype=bool)
    return [
        entry
        for entry, found in zip(own, finds, strict=True)
        if found or not any(_share_within(entry.box, region) >= IN_IGNORED for region in ignored)
    ]


def best_scores(frames: Sequence[FrameDetections]) -> NDArray[np.float64]:
    """A film's own score: that of its best box."""
    return np.array([frame.scores.max(initial=0.0) for frame in frames])


def image_auc(
    frames: Sequence[FrameDetections], films: Sequence[Film], rows: NDArray[np.int64], label: str, resamples: Resamples
) -> Json | None:
    """AUC of the best box's score for the label being present anywhere on the film."""
    known = np.array([films[row].is_known(label) for row in rows], dtype=bool)
    present = np.array([label in films[row].present for row in rows], dtype=bool)
    scores = best_scores(frames)
    return measured(lambda: auc_interval(present[known], scores[known], resamples.of(np.flatnonzero(known))))


def _at_overlap(
    frames: Sequence[FrameDetections],
    probabilities: Sequence[NDArray[np.float64]],
    overlap: float,
    threshold: float | None,
    resamples: Resamples,
) -> Json:
    matched = matched_detections(frames, overlap=overlap)
    found: Json = {
        "average_precision": with_interval(average_precision_interval(matched, resamples)),
        "froc": [[finite(x), finite(y)] for x, y in froc_points(matched)],
    }
    if threshold is not None:
        by_probability = [
            FrameDetections(frame.boxes, values, frame.drawn)
            for frame, values in zip(frames, probabilities, strict=True)
        ]
        at_point = boxes_at(matched_detections(by_probability, overlap=overlap), resamples, threshold=threshold)
        names = ("boxes_found", "false_boxes_per_film")
        found |= {name: with_interval(interval) for name, interval in zip(names, at_point, strict=True)}
    return found


def _calibration(frames: Sequence[FrameDetections], probabilities: Sequence[NDArray[np.float64]]) -> Json:
    """Of boxes: found at the loose overlap against their probability, before and after."""
    hits = np.concatenate([match_findings(frame, overlap=LOOSE_OVERLAP) >= 0 for frame in frames])
    scores = np.concatenate([frame.scores for frame in frames])
    try:
        before, after = (calibration_error(hits, values) for values in (scores, np.concatenate(probabilities)))
    except (SampleUnusable, ValueError):
        return {"ece": None, "ece_before": None}
    return {"ece": finite(after), "ece_before": finite(before)}


def _probabilities(film: Film, reading: FilmReading, label: str) -> NDArray[np.float64]:
    return np.array([entry.probability for entry in counted_boxes(film, reading, label)], dtype=np.float64)


def _corners(boxes: Sequence[BoundingBox]) -> NDArray[np.float64]:
    corners = [[box.left, box.top, box.right, box.bottom] for box in boxes]
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def _share_within(box: BoundingBox, region: BoundingBox) -> float:
    width = min(box.right, region.right) - max(box.left, region.left)
    height = min(box.bottom, region.bottom) - max(box.top, region.top)
    area = box.width * box.height
    return max(width, 0.0) * max(height, 0.0) / area if area > 0 else 0.0
