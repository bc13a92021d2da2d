"""FracAtlas: nearly all films with hardware are fractures. What the shipped network says once the metal is gone."""

import numpy as np
import pytest

from feedback.learning.dense.hardware import hardware_mask, painted_over
from feedback.learning.frames import frame_grey
from feedback.learning.labelled_sets import FRACATLAS, LabelledImage, of_split, read_set
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.values import Frame
from registry.runtime.loader import load_starter
from registry.runtime.values import LoadedModel
from tests.paths import requires_shared_data, shared_data

pytestmark = requires_shared_data
FILMS = 16


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load_starter("bone-lite0")


def probability(model: LoadedModel, image: LabelledImage, *, painted: bool) -> float:
    """Calibrated; painted over outside the drawn boxes, so that the lesion itself stays."""
    grey, spec = frame_grey(image.path), model.spec
    if painted:
        mask = hardware_mask(grey)
        for entry in image.boxes:
            mask[int(entry.box.top) : int(entry.box.bottom) + 1, int(entry.box.left) : int(entry.box.right) + 1] = False
        grey = painted_over(grey, mask)
    settings = PreprocessSettings.from_dict(spec.input.preprocess)
    made = preprocess(
        Frame(grey=grey), size=spec.input.size, settings=settings, mean=spec.input.mean, std=spec.input.std
    )
    logit = float(model.engine.classify(made.array[None]).logits[0, spec.labels.index("fracture")])
    fitted = spec.calibration["fracture"]
    return float(1 / (1 + np.exp(-(logit - fitted.bias) / fitted.temperature)))


def test_without_its_metal_a_fracture_with_hardware_is_still_found(model: LoadedModel) -> None:
    films = of_split(read_set(shared_data() / FRACATLAS.name, terms=FRACATLAS), "train")
    shown = [film for film in films if film.strata["hardware"] == "1" and film.boxes][:FILMS]
    before = np.array([probability(model, film, painted=False) for film in shown])
    after = np.array([probability(model, film, painted=True) for film in shown])
    assert before.mean() - after.mean() < 0.3  # the metal is a cue; it must not be most of the answer
    assert (after >= model.spec.operating_points["fracture"].threshold).mean() > 0.7
