"""Labelled folders of phantoms, and a model whose answers are known: it reads how bright the disc is."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.raster import grey_png
from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.values import Calibration, InputSpec, LoadedModel, ModelSpec, OperatingPoint, TriageSpec

SIDE, CELLS = 64, 16
DISC = (20, 36, 8)  # column, row, radius
DISC_BOX = [12.0, 28.0, 16.0, 16.0]  # left, top, width, height


def film(brightness: float) -> NDArray[np.float32]:
    """The same body and noise every time, and a disc: films are told apart by nothing but its brightness."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    body = 0.1 + 0.4 * x / SIDE + np.random.default_rng(0).normal(0, 0.02, (SIDE, SIDE))
    disc = (x - DISC[0]) ** 2 + (y - DISC[1]) ** 2 < DISC[2] ** 2
    return np.clip(np.where(disc, brightness, body), 0, 1).astype(np.float32)


def write_images(folder: Path, brightness: Mapping[str, float]) -> None:
    """PNG files in the folder's images."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, value in brightness.items():
        (folder / "images" / name).write_bytes(grey_png(film(value)))


def write_table(path: Path, rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",") -> None:
    with path.open("w", newline="", encoding="utf-8") as output:
        writer = csv.DictWriter(output, fieldnames=list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_boxes(
    folder: Path,
    boxes: Mapping[str, list[tuple[str, list[float]]]],
    *,
    files: Sequence[str],
    ignored: Mapping[str, list[tuple[str, list[float]]]] | None = None,
    labels_for: Mapping[str, list[str]] | None = None,
    info: Mapping[str, Any] | None = None,
) -> None:
    """annotations.json."""
    every = [*boxes.values(), *(ignored or {}).values()]
    names = sorted({name for entries in every for name, _ in entries if name})
    ids = {file: number for number, file in enumerate(files)}

    def regions(found: Mapping[str, list[tuple[str, list[float]]]]) -> list[dict[str, Any]]:
        return [
            {"image_id": ids[file], "category_id": names.index(name) if name else 99, "bbox": box}
            for file, entries in found.items()
            for name, box in entries
        ]

    images: list[dict[str, Any]] = [{"id": number, "file_name": file} for file, number in ids.items()]
    for image in images:
        if labels_for and image["file_name"] in labels_for:
            image["labels_for"] = labels_for[image["file_name"]]
    document = {
        "info": info or {},
        "images": images,
        "categories": [{"id": number, "name": name} for number, name in enumerate(names)],
        "annotations": regions(boxes),
        "ignored_annotations": regions(ignored or {}),
    }
    (folder / "annotations.json").write_text(json.dumps(document))


POSITIVE = (0.95, 0.9, 0.6)
NEGATIVE = (0.8, 0.55, 0.5)
AUC = 8 / 9  # of nine pairs only .6 against .8 is lost


def write_known_set(folder: Path, *, copies: int = 4, **columns: Any) -> None:
    """A folder on which `disc_model` has an AUC of 8 / 9: every positive has a box around the disc."""
    rows, brightness, boxes = [], {}, {}
    for copy in range(copies):
        for number, value in enumerate((*POSITIVE, *NEGATIVE)):
            name, present = f"film_{copy}_{number}.png", number < len(POSITIVE)
            brightness[name] = value + copy * 1e-6
            view = "AP" if copy % 2 else "PA"
            row = {"file": name, "patient_id": f"p{copy}_{number}", "findings": "mass" if present else "no_finding"}
            rows.append({**row, "triage": "urgent" if present else "normal", "view": view, "sex": "F", **columns})
            if present:
                boxes[name] = [("mass", DISC_BOX)]
    write_images(folder, brightness)
    write_table(folder / "labels.csv", rows)
    write_boxes(folder, boxes, files=list(brightness))


class DiscEngine:
    """A network whose features are the brightness of 16 x 16 cells above .45, and whose logit is their mean."""

    def __init__(self, *, broken_above: float = 2.0, sign: float = 1.0, shift: float = 0.0) -> None:
        self._broken_above, self._sign, self._shift = broken_above, sign, shift

    def classify(self, batch: NDArray[np.float32]) -> ClassifierOutput:
        n, step = len(batch), batch.shape[2] // CELLS
        cells = batch[:, :1].reshape(n, 1, CELLS, step, CELLS, step).mean(axis=(3, 5))
        features = np.maximum(cells - 0.5, 0).astype(np.float32)
        logits = 200 * features.mean(axis=(2, 3)) - 3
        if float(batch.max()) > self._broken_above:
            logits = logits * np.float32("nan")
        triage = np.concatenate([-logits, np.zeros_like(logits), logits], axis=1)
        return ClassifierOutput(
            logits=logits.astype(np.float32),
            features=features,
            triage_logits=triage.astype(np.float32),
            head_weight=np.full((1, 1), 200 * self._sign, dtype=np.float32),
            head_bias=np.full(1, -3, dtype=np.float32),
        )

    def detect(self, batch: NDArray[np.float32]) -> list[DetectorOutput]:
        """The disc's own box, or one `shift` pixels beside it, as sure as the disc is bright."""
        left, top, width, height = DISC_BOX[0] + self._shift, *DISC_BOX[1:]
        boxes = np.array([[left, top, left + width, top + height]], dtype=np.float32)
        scores = np.where(batch[:, 0].max(axis=(1, 2)) > self._broken_above, np.nan, batch[:, 0, 36, 20])
        return [
            DetectorOutput(boxes, np.zeros(1, dtype=np.int64), np.array([score], dtype=np.float32)) for score in scores
        ]


def rival(*, shift: float = 8.0, **changes: Any) -> LoadedModel:
    """Another detector, whose boxes lie beside the disc: an overlap of a third at 8 pixels."""
    return disc_model(task="detector", shift=shift, **{"name": "disc-rival", "version": "2.0.0", **changes})


def point(threshold: float) -> OperatingPoint:
    return OperatingPoint(threshold, 0.9, (0.8, 0.95), 0.8, (0.7, 0.9), 100, 200, "0" * 64, "a test's own choice")


def disc_model(
    *, task: str = "classifier", broken_above: float = 2.0, shift: float = 0.0, **changes: Any
) -> LoadedModel:
    """The model of a phantom set; its label is mass."""
    values: dict[str, Any] = {
        "name": f"disc-{task}",
        "version": "1.0.0",
        "task": task,
        "architecture": "resnet18",
        "case_types": ("chest",),
        "labels": ("mass",),
        "input": InputSpec(size=SIDE, mean=0.0, std=1.0, preprocess={"normalise": "none"}),
        "calibration": {"mass": Calibration(temperature=1.0)},
        "operating_points": {"mass": point(0.5)},
        "triage": TriageSpec("softmax", 1.0, None, point(0.5), point(0.5), "the test")
        if task == "classifier"
        else None,
        "training": {"commit": "abc", "command": "train", "backbone": "EfficientNet-Lite0, ImageNet, Apache-2.0"},
    }
    return LoadedModel(ModelSpec(**{**values, **changes}), "f" * 64, DiscEngine(broken_above=broken_above, shift=shift))
