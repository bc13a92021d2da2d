"""A tiny labelled set of synthetic phantoms in the format of the chest set: what CI trains its miniatures on."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.raster import grey_png

SIDE = 96
PER_SPLIT = {"train": 48, "val": 24}


def write_phantoms(folder: Path, *, seed: int) -> None:
    """Images, labels.csv and, last, annotations.json. A third each: nothing, a bright disc ("mass"), a dark band
    ("pneumothorax"); two images a group.
    """
    generator = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for split, count in PER_SPLIT.items():
        for number in range(count):
            kind = ("", "mass", "pneumothorax")[number % 3]
            file = f"{split}_{number:03d}.png"
            grey, box = phantom(generator, kind)
            (folder / "images" / file).write_bytes(grey_png(grey))
            rows.append(_row(file, f"{split}_{number // 6:02d}_{number % 3}", split, kind))
            boxes += [{"file": file, "label": kind, "bbox": box}] if box else []
    with (folder / "labels.csv").open("w", newline="") as output:
        writer = csv.DictWriter(output, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "annotations.json").write_text(json.dumps(_coco(rows, boxes)))


def phantom(generator: np.random.Generator, kind: str) -> tuple[NDArray[np.float32], list[float] | None]:
    """One picture, float32 (96, 96) in [0, 1], and its box (left, top, width, height) when it shows something."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    body = np.exp(-(((x - 0.5) / 0.36) ** 4 + ((y - 0.55) / 0.44) ** 4))
    lungs = sum(np.exp(-(((x - centre) / 0.13) ** 2 + ((y - 0.5) / 0.26) ** 2)) for centre in (0.33, 0.67))
    grey = 0.75 * body - 0.4 * lungs
    left, top = generator.uniform(0.2, 0.6), generator.uniform(0.3, 0.6)
    box = None
    if kind == "mass":
        grey = grey + 0.5 * (((x - left - 0.08) ** 2 + (y - top - 0.08) ** 2) < 0.08**2)
        box = [left * SIDE, top * SIDE, 0.16 * SIDE, 0.16 * SIDE]
    elif kind == "pneumothorax":
        inside = (np.abs(x - left - 0.05) < 0.05) & (np.abs(y - top - 0.14) < 0.14)
        grey = np.where(inside, 0.05, grey)
        box = [left * SIDE, top * SIDE, 0.10 * SIDE, 0.28 * SIDE]
    noisy = grey + generator.normal(0, 0.02, grey.shape)
    return np.clip(noisy, 0, 1).astype(np.float32), box


def _row(file: str, group: str, split: str, kind: str) -> dict[str, Any]:
    triage = {"": "normal", "mass": "flagged", "pneumothorax": "urgent"}[kind]
    return {"file": file, "patient_id": group, "split": split, "findings": kind, "triage": triage, "view": "PA"}


def _coco(rows: list[dict[str, Any]], boxes: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("mass", "pneumothorax")
    files = {row["file"]: number for number, row in enumerate(rows)}
    return {
        "images": [{"id": number, "file_name": file} for file, number in files.items()],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names)],
        "annotations": [
            {"image_id": files[box["file"]], "category_id": names.index(box["label"]), "bbox": box["bbox"]}
            for box in boxes
        ],
    }
