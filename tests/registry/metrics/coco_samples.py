"""Made-up boxes on made-up films, with ties, crowds and films without anything; and what pycocotools says of them."""

import contextlib
import io
from dataclasses import dataclass

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from registry.metrics.detection import FrameDetections

LABELS = ("fracture", "caries", "implant")
SIDE = 200


@dataclass(frozen=True, slots=True)
class Films:
    """frames: by label, one a film; None where the film was not annotated for the label."""

    frames: dict[str, list[FrameDetections | None]]

    def of(self, label: str) -> list[FrameDetections]:
        return [frame for frame in self.frames[label] if frame is not None]


def made_films(seed: int, *, n: int = 30, most: int = 130, digits: int = 2) -> Films:
    """Whole pixels, so that overlaps of exactly a half occur; few digits, so that scores tie."""
    generator = np.random.default_rng(seed)
    found: dict[str, list[FrameDetections | None]] = {label: [] for label in LABELS}
    for label in LABELS:
        for _ in range(n):
            unknown = generator.random() < 0.2
            found[label].append(
                None if unknown else _frame(generator, most if generator.random() < 0.05 else 9, digits)
            )
    return Films(found)


def _frame(generator: np.random.Generator, most: int, digits: int) -> FrameDetections:
    drawn = _boxes(generator, int(generator.integers(0, 4)))
    ignored = _boxes(generator, int(generator.integers(0, 2)))
    near = np.repeat(drawn, 2, axis=0) + generator.integers(-6, 7, (2 * len(drawn), 4))
    inside = ignored + generator.integers(-3, 4, ignored.shape)
    boxes = np.vstack([near, inside, drawn[:1], _boxes(generator, int(generator.integers(0, most)))])
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    return FrameDetections(boxes, np.round(generator.random(len(boxes)), digits), drawn, ignored)


def _boxes(generator: np.random.Generator, n: int) -> np.ndarray:
    corner = generator.integers(0, SIDE, (n, 2)).astype(float)
    return np.hstack([corner, corner + generator.integers(6, 60, (n, 2))])


def average_precision_of_pycocotools(frames: list[FrameDetections]) -> dict[float, float]:
    """By overlap: area "all", 100 boxes a film, one category."""
    annotations, results = [], []
    for film, frame in enumerate(frames, start=1):
        for crowd, boxes in ((0, frame.drawn), (1, frame.ignored)):
            annotations += [
                {"image_id": film, "category_id": 1, "bbox": _wide(box), "area": _area(box), "iscrowd": crowd}
                for box in boxes
            ]
        results += [
            {"image_id": film, "category_id": 1, "bbox": _wide(box), "score": float(score)}
            for box, score in zip(frame.boxes, frame.scores, strict=True)
        ]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(*_sets(annotations, results, len(frames)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0, 0, -1]
    return {
        round(float(overlap), 2): float(values.mean())
        for overlap, values in zip(evaluation.params.iouThrs, precision, strict=True)
    }


def _sets(annotations: list[dict], results: list[dict], n_films: int) -> tuple[COCO, COCO]:
    reference = COCO()
    reference.dataset = {
        "info": {},
        "images": [{"id": film} for film in range(1, n_films + 1)],
        "categories": [{"id": 1, "name": "finding"}],
        "annotations": [{"id": number, **entry} for number, entry in enumerate(annotations, start=1)],
    }
    reference.createIndex()
    return reference, reference.loadRes(results)


def _wide(box: np.ndarray) -> list[float]:
    left, top, right, bottom = (float(value) for value in box)
    return [left, top, right - left, bottom - top]


def _area(box: np.ndarray) -> float:
    _, _, width, height = _wide(box)
    return width * height
