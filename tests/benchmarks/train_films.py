"""Films of the train splits for measuring speed and rounding on, or phantoms where the shared data is not there."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from imaging.phantom import chest_phantom, phantom_png
from imaging.pipeline.parity import FILMS, PHANTOMS
from tests.paths import SHARED_DATA

FOLDERS = {"chest": "chest_nih", "bone": "fracture_fracatlas", "dental_panoramic": "dental_opg"}


@dataclass(frozen=True, slots=True)
class Samples:
    """Files as bytes, and whether they are films or phantoms."""

    source: str
    files: list[bytes] = field(repr=False)


def samples_of(case_type: str, count: int, *, folder: Path | None = None) -> Samples:
    """`count` films, spread over the folder that is given or over the case type's train split; or as many phantoms."""
    if folder is not None:
        paths = sorted(path for kind in ("*.jpg", "*.png", "*.dcm") for path in folder.rglob(kind))
    elif SHARED_DATA is not None and case_type in FOLDERS:
        paths = _train_paths(SHARED_DATA / FOLDERS[case_type])
    else:
        return Samples(PHANTOMS, [phantom_png(chest_phantom(seed, rows=768, columns=640)) for seed in range(count)])
    step = max(1, len(paths) // count)
    return Samples(FILMS, [path.read_bytes() for path in paths[::step][:count]])


def _train_paths(root: Path) -> list[Path]:
    with (root / "index.csv").open(newline="") as file:
        names = sorted(row["file"] for row in csv.DictReader(file) if row["split"] == "train")
    return [root / "images" / name for name in names]
