"""annotations.json in COCO's format, with the two additions that partly annotated sets need: labels_for on an image,
and ignored_annotations beside annotations."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedback.evaluation.errors import DatasetUnreadable
from feedback.evaluation.index_table import label_name
from imaging.pipeline.values import BoundingBox

Regions = tuple[tuple[str, BoundingBox], ...]
NOT_EXHAUSTIVE = ("no box says nothing", "not exhaustive")
PASSED_ON = ("patient_id", "group", "group_id", "split", "view", "source", "sex", "age", "region", "hardware")


@dataclass(frozen=True, slots=True)
class CocoAnnotations:
    """Regions by file name.

    Attributes:
        labels: the categories' names. ignored: an unnamed category is "", which stands for any label.
        labels_for: the only labels annotated on a file, where the set says so.
        images: by file name, the facts that a table would hold.
        exhaustive: False when the set says that a missing box says nothing (info.exhaustive, or its description).
    """

    labels: tuple[str, ...] = ()
    boxes: Mapping[str, Regions] = field(default_factory=dict)
    ignored: Mapping[str, Regions] = field(default_factory=dict)
    labels_for: Mapping[str, frozenset[str]] = field(default_factory=dict)
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exhaustive: bool = True


def coco_read(path: Path) -> CocoAnnotations:
    """Read an annotation file.

    Raises:
        DatasetUnreadable: not JSON, or not COCO's shape.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        return _annotations(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DatasetUnreadable(f"{path.name} is not a COCO annotation file.") from error


def _annotations(document: dict[str, Any]) -> CocoAnnotations:
    names = {entry["id"]: label_name(entry["name"]) for entry in document["categories"]}
    images = {entry["id"]: entry for entry in document["images"]}
    drawn, ignored = document["annotations"], document.get("ignored_annotations", [])
    return CocoAnnotations(
        labels=tuple(names.values()),
        boxes=_regions([entry for entry in drawn if not entry.get("iscrowd")], names, images, known_only=True),
        ignored=_regions(
            [*ignored, *(entry for entry in drawn if entry.get("iscrowd"))], names, images, known_only=False
        ),
        labels_for={
            str(entry["file_name"]): frozenset(label_name(name) for name in entry["labels_for"])
            for entry in images.values()
            if entry.get("labels_for") is not None
        },
        images={
            str(entry["file_name"]): {name: str(entry[name]) for name in PASSED_ON if entry.get(name) is not None}
            for entry in images.values()
        },
        exhaustive=_is_exhaustive(document.get("info") or {}),
    )


def _regions(
    entries: list[dict[str, Any]], names: Mapping[Any, str], images: Mapping[Any, dict[str, Any]], *, known_only: bool
) -> dict[str, Regions]:
    found: dict[str, list[tuple[str, BoundingBox]]] = defaultdict(list)
    for entry in entries:
        name = names[entry["category_id"]] if known_only else names.get(entry["category_id"], "")
        found[str(images[entry["image_id"]]["file_name"])].append((name, _box(entry["bbox"])))
    return {file: tuple(regions) for file, regions in found.items()}


def _box(values: Any) -> BoundingBox:
    left, top, width, height = (float(value) for value in values)
    if not all(math.isfinite(value) for value in (left, top, width, height)) or width < 0 or height < 0:
        raise ValueError("a box that is none")
    return BoundingBox(left, top, left + width, top + height)


def _is_exhaustive(info: dict[str, Any]) -> bool:
    if "exhaustive" in info:
        return bool(info["exhaustive"])
    description = str(info.get("description", "")).lower()
    return not any(phrase in description for phrase in NOT_EXHAUSTIVE)
