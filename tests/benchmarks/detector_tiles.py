"""Do tiles help? A shipped detector on the train films that none of its weights saw, whole and cut into windows.

python -m tests.benchmarks.detector_tiles --version bone-yolo [--data ../shared/data] [--films N]

Each line: how a film is given to the network, AP at overlap .5 and recall at one false box a film (means over labels),
the difference to the first line with its 95 % interval by paired resampling of groups, and seconds a film on torch.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feedback.learning.detector_crops import IGNORED
from feedback.learning.detector_run import calibration_films
from feedback.learning.inputs import InputMaker, TrainingInput
from feedback.learning.labelled_sets import LabelledImage, of_split, read_set
from feedback.learning.recipes import RECIPES, DetectorRecipe
from imaging.pipeline.preprocess import PreprocessSettings
from imaging.pipeline.tiles import detect_tiled
from registry.metrics.box_curves import COCO_MOST_BOXES, coco_average_precision, recalls_at
from registry.metrics.detection import FrameDetections
from registry.metrics.detection_resampling import matched_detections
from registry.metrics.figures import Figure, difference, mean_over
from registry.metrics.resampling import Resamples, resamples_of
from registry.runtime.loader import load_starter
from registry.runtime.values import LoadedModel, TileSpec
from tests.paths import REPOSITORY

LARGER = 1.4  # side of the enlarged square over the trained one
RESAMPLES, SEED = 1000, 1


@dataclass(frozen=True, slots=True)
class Way:
    """How a film is given to the network."""

    name: str
    size: int
    tiles: TileSpec | None


def ways(side: int) -> list[Way]:
    """As trained first; then enlarged, whole and in windows of the trained side."""
    large = round(LARGER * side / 32) * 32
    overlap = side // 4
    return [
        Way(f"whole film at {side}", side, None),
        Way(f"whole film at {large}", large, None),
        Way(f"windows of {side} out of {large}", large, TileSpec(side, overlap, False)),
        Way(f"the same and the whole film at {side}", large, TileSpec(side, overlap, True)),
    ]


def read(model: LoadedModel, way: Way, films: Sequence[LabelledImage]) -> dict[str, list[FrameDetections]]:
    """Every film's boxes by label, in pixels of the square."""
    spec = replace(model.spec, input=replace(model.spec.input, size=way.size, tiles=way.tiles))
    maker = InputMaker(way.size, PreprocessSettings.from_dict(spec.input.preprocess))
    found: dict[str, list[FrameDetections]] = {label: [] for label in spec.labels}
    for film in films:
        entry = maker.make(film)
        output = detect_tiled(model.engine, entry.array, spec, entry.source)
        for index, label in enumerate(spec.labels):
            own = output.labels == index
            boxes, scores = output.boxes[own].astype(np.float64), output.scores[own].astype(np.float64)
            found[label].append(FrameDetections(boxes, scores, drawn(entry, label), drawn(entry, IGNORED)))
    return found


def drawn(entry: TrainingInput, label: str) -> np.ndarray:
    """float64 (k, 4) of the annotator's boxes of a label."""
    corners = [[box.left, box.top, box.right, box.bottom] for name, box in entry.boxes if name == label]
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def figures(found: dict[str, list[FrameDetections]], resamples: Resamples) -> tuple[Figure, Figure]:
    """Mean AP at .5 and mean recall at one false box a film, over labels with drawn boxes."""
    matched = [matched_detections(own, overlap=0.5, most=COCO_MOST_BOXES) for own in found.values()]
    return (
        mean_over([coco_average_precision(own, resamples) for own in matched]),
        mean_over([recalls_at(own, resamples, (1.0,))[0] for own in matched]),
    )


def held_out(recipe: DetectorRecipe, data: Path) -> list[LabelledImage]:
    """Films of the train split that no weight of the version saw."""
    train = of_split(read_set(data / recipe.terms.name, terms=recipe.terms), "train")
    return calibration_films(recipe, train, seed=SEED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", required=True, help="a shipped detector's name")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--films", type=int, help="the first so many of them")
    options = parser.parse_args()
    model, recipe = load_starter(options.version), RECIPES[options.version]
    assert isinstance(recipe, DetectorRecipe)
    films = held_out(recipe, options.data)[: options.films]
    resamples = resamples_of([film.group for film in films], resamples=RESAMPLES, seed=SEED)
    first: Figure | None = None
    print(f"{options.version} {model.spec.version}: {len(films)} train films that none of its weights saw", flush=True)
    for way in ways(model.spec.input.size):
        started = time.perf_counter()
        precision, recall = figures(read(model, way, films), resamples)
        taken = (time.perf_counter() - started) / len(films)
        against = ""
        if first is not None:
            apart = difference(precision, first).interval()
            against = f"  AP {apart.estimate:+.3f} [{apart.low:+.3f}, {apart.high:+.3f}]"
        first = first or precision
        line = f"AP50 {precision.estimate:.3f}  recall at 1 FP {recall.estimate:.3f}{against}"
        print(f"{way.name}: {line}  {taken:.2f} s a film", flush=True)


if __name__ == "__main__":
    main()
