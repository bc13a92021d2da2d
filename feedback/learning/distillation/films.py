"""The unlabelled films that a student learns from: the train splits of sets that ship; only pixels are read."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from feedback.learning.errors import LabelledSetUnusable
from feedback.learning.manifests import joined_manifest, manifest_lines

SHIPPING_SETS = ("chest_nih", "fracture_fracatlas", "dental_opg")
"""Sets whose terms let weights that were trained on them leave this machine, as the data's README states."""
INDEX_NAMES = ("labels.csv", "index.csv")


@dataclass(frozen=True, slots=True)
class Film:
    """One file of a train split; no label is read."""

    set_name: str
    path: Path


def train_films(data: Path, sets: Sequence[str] = SHIPPING_SETS) -> list[Film]:
    """The train films of every set, in the order of their indices.

    Raises:
        LabelledSetUnusable: a set is missing, or its index does not name files and splits.
    """
    films = [film for name in sets for film in _of_set(data / name, name)]
    if not films:
        raise LabelledSetUnusable("There is no film to learn from.")
    return films


def film_manifest(films: Sequence[Film]) -> tuple[str, ...]:
    """Sorted lines "<set> <SHA-256 of the file>"."""
    return joined_manifest(*(manifest_lines(film.set_name, [film.path]) for film in films))


def _of_set(folder: Path, name: str) -> list[Film]:
    try:
        index = next(folder / index for index in INDEX_NAMES if (folder / index).exists())
        with index.open(newline="", encoding="utf-8") as file:
            rows = [(row["file"], row["split"]) for row in csv.DictReader(file)]
    except (StopIteration, OSError, KeyError, ValueError) as error:
        raise LabelledSetUnusable(f"The set {name} cannot be read.") from error
    return [Film(name, folder / "images" / file) for file, split in rows if split == "train"]
