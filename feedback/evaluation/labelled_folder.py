"""Anyone's folder of labelled radiographs -> films with their reference standard; docs/evaluation.md describes it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feedback.evaluation.coco import CocoAnnotations, coco_read
from feedback.evaluation.errors import (
    DatasetEmpty,
    DatasetFileOutside,
    DatasetFilesMissing,
    DatasetIndexMissing,
    DatasetMissing,
    DatasetSplitUnknown,
)
from feedback.evaluation.index_table import IndexRow, IndexTable, index_read
from imaging.pipeline.values import BoundingBox

INDEX_NAMES = ("labels.csv", "index.csv")
ANNOTATIONS = "annotations.json"
IMAGE_FOLDERS = ("images", ".")
DEFAULT_SPLIT = "val"
EVERY_SPLIT = "all"
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Film:
    """One radiograph with its reference standard.

    Attributes:
        group: patient, or near-duplicate group; rows of one group are resampled together.
        annotated: the labels that somebody looked for on this film; None means every label of the set.
        present: labels that are there. uncertain: labels with an ignored region and no box: neither present nor absent.
        triage: "normal", "flagged", "urgent", or None.
        boxes, ignored: regions by label; an ignored region under "" belongs to any label.
        strata: what results are reported apart by, e.g. {"view": "AP"}.
    """

    path: Path = field(repr=False)
    group: str = field(repr=False)
    split: str
    annotated: frozenset[str] | None
    present: frozenset[str]
    uncertain: frozenset[str] = frozenset()
    triage: str | None = None
    boxes: tuple[tuple[str, BoundingBox], ...] = ()
    ignored: tuple[tuple[str, BoundingBox], ...] = ()
    strata: dict[str, str] = field(default_factory=dict)

    def is_known(self, label: str) -> bool:
        """Whether this film's reference standard says anything of a label."""
        return label not in self.uncertain and (self.annotated is None or label in self.annotated)

    def boxes_of(self, label: str) -> list[BoundingBox]:
        """The drawn regions of a label."""
        return [box for name, box in self.boxes if name == label]


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """All films of a folder, and what has to be said about it.

    Attributes:
        labels: names that are present on some film.
        boxes_exhaustive: False when a missing box says nothing.
        notices: sentences for the report.
    """

    folder: Path
    films: tuple[Film, ...]
    labels: frozenset[str]
    boxes_exhaustive: bool
    notices: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the set is called in documents: its folder's name."""
        return self.folder.resolve().name[:LONGEST_NAME] or "set"

    def of_split(self, split: str | None) -> tuple[str, tuple[Film, ...]]:
        """The films of a split and its name; None takes val when the set has splits, else everything.

        Raises:
            DatasetSplitUnknown, DatasetEmpty.
        """
        known = {film.split for film in self.films} - {""}
        wanted = split or (DEFAULT_SPLIT if DEFAULT_SPLIT in known else EVERY_SPLIT)
        films = self.films if wanted == EVERY_SPLIT else tuple(film for film in self.films if film.split == wanted)
        if wanted != EVERY_SPLIT and wanted not in known:
            raise DatasetSplitUnknown
        if not films:
            raise DatasetEmpty
        return wanted, films


def labelled_folder_read(folder: Path) -> LabelledFolder:
    """Read index and annotations; every image is looked for, none is opened.

    Raises:
        DatasetError (feedback.evaluation.errors): the subclass says what is wrong.
    """
    if not folder.is_dir():
        raise DatasetMissing
    table_path = next((folder / name for name in INDEX_NAMES if (folder / name).is_file()), None)
    annotations_path = folder / ANNOTATIONS
    if table_path is None and not annotations_path.is_file():
        raise DatasetIndexMissing
    coco = coco_read(annotations_path) if annotations_path.is_file() else CocoAnnotations()
    table = index_read(table_path, box_labels=coco.labels) if table_path else _table_of(coco)
    films = tuple(_film(row, coco, table, folder) for row in table.rows)
    if not films:
        raise DatasetEmpty
    if missing := [number for number, film in enumerate(films, start=1) if not film.path.is_file()]:
        raise DatasetFilesMissing(
            f"{len(missing)} of {len(films)} images are not there; the first is number {missing[0]}."
        )
    return LabelledFolder(
        folder=folder,
        films=films,
        labels=frozenset(label for film in films for label in film.present),
        boxes_exhaustive=coco.exhaustive,
        notices=(*table.notices, *_notices(films, coco)),
    )


def films_digest(films: Iterable[Film]) -> tuple[str, tuple[str, ...]]:
    """SHA-256 over the sorted SHA-256 of the image files, one a line, as training manifests; and these, sorted."""
    digests = sorted(hashlib.sha256(film.path.read_bytes()).hexdigest() for film in films)
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest(), tuple(digests)


def _table_of(coco: CocoAnnotations) -> IndexTable:
    """Without a table the boxes are the labels."""
    rows = tuple(IndexRow(file=file, cells=dict(coco.images[file])) for file in coco.images)
    return IndexTable(rows=rows, has_labels=False, notices=())


def _film(row: IndexRow, coco: CocoAnnotations, table: IndexTable, folder: Path) -> Film:
    stated = row.stated if row.stated is not None else coco.labels_for.get(row.file)
    # a stray box of another label does not make the film annotated for that label
    boxes = tuple(box for box in coco.boxes.get(row.file, ()) if stated is None or box[0] in stated)
    ignored = coco.ignored.get(row.file, ())
    boxed = frozenset(name for name, _ in boxes)
    present = row.present | boxed
    annotated = row.annotated if row.annotated is not None else stated
    if annotated is None and not table.has_labels:
        # only boxes: where they are not exhaustive, a film is labelled for what is drawn on it and for nothing else
        annotated = frozenset(coco.labels) if coco.exhaustive else boxed
    return Film(
        path=_path(folder, row.file),
        group=row.group or row.file,
        split=row.split,
        annotated=None if annotated is None else annotated | boxed,
        present=present,
        uncertain=frozenset(name for name, _ in ignored if name) - present,
        triage=row.triage,
        boxes=boxes,
        ignored=ignored,
        strata=row.strata,
    )


def _path(folder: Path, file: str) -> Path:
    root = folder.resolve()
    candidates = [(folder / part / file).resolve() for part in IMAGE_FOLDERS]
    if not all(candidate.is_relative_to(root) for candidate in candidates):
        raise DatasetFileOutside
    return next((candidate for candidate in candidates if candidate.is_file()), candidates[0])


def _notices(films: Sequence[Film], coco: CocoAnnotations) -> list[str]:
    splits: dict[str, set[str]] = {}
    for film in films:
        splits.setdefault(film.group, set()).add(film.split)
    leaks = sum(len(found) > 1 for found in splits.values())
    found = [f"{leaks} patients or groups are in more than one split: figures on one of them flatter."] if leaks else []
    if coco.boxes and not coco.exhaustive:
        found.append("The set says that its boxes are not exhaustive: a box says present, no box says nothing.")
    return found
