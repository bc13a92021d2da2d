"""Folders of labelled radiographs -> labelled images; what may ship; the manifest that a version is bound to."""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedback.learning.errors import HoldOutLeak, LabelledSetNotShipped, LabelledSetUnusable
from imaging.pipeline.values import BoundingBox


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """One region that an annotator drew, pixels of the stored frame."""

    label: str
    box: BoundingBox


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One radiograph with its reference standard.

    Attributes:
        group: patient, or near-duplicate group where no patient is known; never in two splits.
        findings: labels that are present.
        triage: "normal", "flagged", "urgent", or None where the set has none.
        boxes: drawn regions; none does not mean that nothing is there.
        strata: what results are reported apart by, e.g. {"view": "AP"}.
        annotated: the only labels that the image was annotated for; None: for all of the set's.
    """

    path: Path
    group: str
    split: str
    findings: frozenset[str]
    triage: str | None
    boxes: tuple[LabelledBox, ...]
    strata: Mapping[str, str] = field(default_factory=dict)
    annotated: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class LabelledSetTerms:
    """Under which terms a set came, and whether weights trained on it may be shipped.

    Attributes:
        trains_here: a recipe may train on it for the machine it lies on, although its weights must not leave it.
    """

    name: str
    ships: bool
    licence: str
    attribution: str
    reader: Callable[[Path], list[LabelledImage]]
    trains_here: bool = False

    @property
    def trains(self) -> bool:
        """Whether any recipe may train on it."""
        return self.ships or self.trains_here


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was trained on: one line per image, and one digest over all of them.

    Attributes:
        digest: SHA-256 over the sorted SHA-256 of the files, one hexadecimal digest a line.
        ships: whether weights trained on it may leave this machine.
    """

    digest: str
    n_images: int
    n_groups: int
    licence: str
    attribution: str
    ships: bool = True


def read_set(folder: Path, *, terms: LabelledSetTerms) -> list[LabelledImage]:
    """Every image of a set, both splits, in the order of its index.

    Raises:
        LabelledSetNotShipped, LabelledSetUnusable, HoldOutLeak: a group is in both splits.
    """
    if not terms.trains:
        raise LabelledSetNotShipped
    try:
        images = terms.reader(folder)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise LabelledSetUnusable(f"The labelled set {terms.name} cannot be read.") from error
    splits: dict[str, set[str]] = defaultdict(set)
    for image in images:
        splits[image.group].add(image.split)
    if any(len(found) > 1 for found in splits.values()):
        raise HoldOutLeak
    if not images:
        raise LabelledSetUnusable(f"The labelled set {terms.name} is empty.")
    return images


def of_split(images: Iterable[LabelledImage], split: str) -> list[LabelledImage]:
    """The images of one split."""
    return [image for image in images if image.split == split]


def training_manifest(images: Sequence[LabelledImage], *, terms: LabelledSetTerms) -> Manifest:
    """What a version trained on these images is bound to.

    Raises:
        LabelledSetNotShipped: the set's terms forbid it.
        HoldOutLeak: an image is not of the train split.
    """
    if not terms.trains:
        raise LabelledSetNotShipped
    if any(image.split != "train" for image in images):
        raise HoldOutLeak
    return manifest_of(images, terms=terms)


def manifest_of(images: Sequence[LabelledImage], *, terms: LabelledSetTerms) -> Manifest:
    """The same for any split; used for the hold-out's digest too."""
    digests = sorted(hashlib.sha256(image.path.read_bytes()).hexdigest() for image in images)
    digest = hashlib.sha256("".join(f"{line}\n" for line in digests).encode()).hexdigest()
    groups = {image.group for image in images}
    return Manifest(digest, len(images), len(groups), terms.licence, terms.attribution, terms.ships)


def read_chest(folder: Path) -> list[LabelledImage]:
    """labels.csv (findings mined from reports, triage by rule) and annotations.json (COCO boxes)."""
    boxes = _coco_boxes(folder / "annotations.json")
    return [
        LabelledImage(
            path=folder / "images" / row["file"],
            group=row["patient_id"],
            split=row["split"],
            findings=_names(row["findings"]),
            triage=row["triage"],
            boxes=boxes.get(row["file"], ()),
            strata={"view": row["view"]},
        )
        for row in _rows(folder / "labels.csv")
    ]


def read_fractures(folder: Path) -> list[LabelledImage]:
    """index.csv (class, region, hardware) and annotations.json (COCO boxes)."""
    boxes = _coco_boxes(folder / "annotations.json")
    return [
        LabelledImage(
            path=folder / "images" / row["file"],
            group=row["group"],
            split=row["split"],
            findings=_names(row["classes"]) - {"no_fracture"},
            triage=None,
            boxes=boxes.get(row["file"], ()),
            strata={"hardware": row["hardware"], "region": row["region"], "view": row["view"]},
        )
        for row in _rows(folder / "index.csv")
    ]


def read_dental(folder: Path) -> list[LabelledImage]:
    """annotations.json alone (COCO boxes): labels_for and split on each image; regions to ignore become boxes labelled
    "ignore". Lesions without a box may exist: "not annotated" is not "healthy".
    """
    path = folder / "annotations.json"
    drawn, ignored = _coco_boxes(path), _coco_boxes(path, key="ignored_annotations")
    images = []
    for row in json.loads(path.read_text(encoding="utf-8"))["images"]:
        file, annotated = row["file_name"], frozenset(row["labels_for"])
        boxes = tuple(box for box in drawn.get(file, ()) if box.label in annotated)
        images.append(
            LabelledImage(
                path=folder / "images" / file,
                group=row["group_id"],
                split=row["split"],
                findings=frozenset(box.label for box in boxes),
                triage=None,
                boxes=(*boxes, *(LabelledBox("ignore", entry.box) for entry in ignored.get(file, ()))),
                strata={"view": row["view"], "source": row["source"]},
                annotated=annotated,
            )
        )
    return images


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _names(text: str) -> frozenset[str]:
    return frozenset(name for name in text.split(";") if name)


def _coco_boxes(path: Path, *, key: str = "annotations") -> dict[str, tuple[LabelledBox, ...]]:
    """Boxes by file name. A category without a name is called "": what is ignored need not have one."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names = {entry["id"]: entry["name"] for entry in document["categories"]}
    files = {entry["id"]: entry["file_name"] for entry in document["images"]}
    boxes: dict[str, list[LabelledBox]] = defaultdict(list)
    for entry in document[key]:
        left, top, width, height = map(float, entry["bbox"])
        box = BoundingBox(left, top, left + width, top + height)
        boxes[files[entry["image_id"]]].append(LabelledBox(names.get(entry["category_id"], ""), box))
    return {file: tuple(found) for file, found in boxes.items()}


CHEST_NIH = LabelledSetTerms(
    name="chest_nih",
    ships=True,
    licence="NIH Clinical Center: free use with attribution",
    attribution="NIH ChestX-ray14, NIH Clinical Center; Wang et al., ChestX-ray8, CVPR 2017",
    reader=read_chest,
)
FRACATLAS = LabelledSetTerms(
    name="fracture_fracatlas",
    ships=True,
    licence="CC BY 4.0",
    attribution="FracAtlas; Abedeen et al., Scientific Data 10, 521 (2023)",
    reader=read_fractures,
)
DENTAL_OPG = LabelledSetTerms(
    name="dental_opg",
    ships=True,
    licence="CC BY 4.0 as its export states",
    attribution="AayushKarna/dental-detection-backend, which its annotations name as the source of every image",
    reader=read_dental,
)
PHANTOMS = LabelledSetTerms(
    name="phantoms",
    ships=True,
    licence="made here",
    attribution="synthetic phantoms of feedback.learning.phantoms",
    reader=read_chest,
)
DENTAL_RESEARCH = LabelledSetTerms(
    name="dental_research",
    ships=False,
    licence="none stated: research only",
    attribution="",
    reader=read_dental,
    trains_here=True,
)
CHEST_PAEDIATRIC = LabelledSetTerms(
    name="chest_paediatric_shift",
    ships=False,
    licence="CC BY 4.0",
    attribution="Kermany et al., Cell 172 (2018)",
    reader=read_chest,
)
SETS = {terms.name: terms for terms in (CHEST_NIH, FRACATLAS, DENTAL_OPG, PHANTOMS, DENTAL_RESEARCH, CHEST_PAEDIATRIC)}
