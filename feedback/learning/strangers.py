"""Images that a model was not made for, and how many of them its familiarity region turns away."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_sample_images

from feedback.learning.backbone import MEAN, STD
from feedback.learning.classifier_run import TrainedClassifier
from feedback.learning.frames import frame_grey
from feedback.learning.labelled_sets import SETS, LabelledImage, of_split, read_set
from imaging.pipeline.preprocess import preprocess
from imaging.pipeline.values import Frame
from registry.metrics.familiarity import FeatureRegion, squared_distances
from registry.runtime.values import FamiliaritySpec

Grey = NDArray[np.float32]
MOST_OF_A_KIND = 100


def strangers(data: Path, *, own: str) -> dict[str, list[Grey]]:
    """By kind: hold-out films of the other sets that are there, and scikit-learn's two photographs and their parts."""
    found = {f"{name} films": frames_of(films) for name, films in _other_sets(data, own=own)}
    found["parts of two photographs"] = photograph_parts()
    generator = np.random.default_rng(0)
    found["noise"] = [generator.random((400, 400), dtype=np.float32) for _ in range(10)]
    return found


def photograph_parts() -> list[Grey]:
    """Whole photographs and four quarters of each, as luminance."""
    parts = []
    for photograph in load_sample_images().images:
        grey = (photograph @ np.array([0.299, 0.587, 0.114]) / 255).astype(np.float32)
        middle_row, middle_column = grey.shape[0] // 2, grey.shape[1] // 2
        halves = (grey[:middle_row], grey[middle_row:])
        parts += [grey, *(part for half in halves for part in (half[:, :middle_column], half[:, middle_column:]))]
    return [np.ascontiguousarray(part) for part in parts]


def frames_of(images: Iterable[LabelledImage]) -> list[Grey]:
    """Stored frames of images."""
    return [frame_grey(image.path) for image in images]


def share_beyond(
    trained: TrainedClassifier,
    frames: Sequence[Grey],
    familiarity: FamiliaritySpec,
    region: dict[str, NDArray[np.generic]],
) -> float:
    """Share of frames whose pooled features lie beyond the threshold."""
    fitted = FeatureRegion(
        region["familiarity.mean"].astype(np.float64), region["familiarity.whitener"].astype(np.float64)
    )
    pooled = np.stack([_pooled(trained, grey) for grey in frames])
    return float((squared_distances(pooled, fitted) > familiarity.threshold).mean())


@torch.inference_mode()
def _pooled(trained: TrainedClassifier, grey: Grey) -> NDArray[np.float64]:
    maker = trained.maker
    made = preprocess(Frame(grey=grey), size=maker.size, settings=maker.settings, mean=MEAN, std=STD)
    features = trained.network(torch.from_numpy(made.array)[None])["features"]
    return features.mean(dim=(2, 3))[0].double().numpy()


def _other_sets(data: Path, *, own: str) -> Iterable[tuple[str, list[LabelledImage]]]:
    for name, terms in SETS.items():
        if name != own and terms.ships and (data / name).is_dir():
            yield name, of_split(read_set(data / name, terms=terms), "val")[:MOST_OF_A_KIND]
