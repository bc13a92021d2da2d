import numpy as np
import pytest

from imaging.pipeline.quality import familiarity_distance, unfamiliar_reason, unusable_reason
from imaging.pipeline.values import Frame
from registry.runtime.values import Familiarity
from tests.imaging.pipeline.model_samples import make_frame


def grey(rows: int, columns: int) -> np.ndarray:
    return make_frame(rows=rows, columns=columns).grey


def exposed_only(share: float, elsewhere: float) -> np.ndarray:
    array = np.full((200, 200), elsewhere, np.float32)
    kept = round(200 * share)
    array[:kept] = grey(kept, 200)
    return array


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.full((300, 300), 0.5, np.float32), "blank"),
        (np.zeros((300, 300), np.float32), "blank"),
        (np.round(grey(300, 300) * 8) / 8, "few_grey_values"),
        (grey(63, 300), "too_small"),
        (grey(100, 701), "extreme_aspect"),
        (exposed_only(0.1, 0.0), "underexposed"),
        (exposed_only(0.1, 1.0), "overexposed"),
        (np.where(np.eye(300, dtype=bool), np.nan, 0.5).astype(np.float32), "not_finite"),
    ],
)
def test_a_frame_no_model_was_made_for_is_named_by_what_is_wrong(array, code):
    reason = unusable_reason(Frame(grey=array.astype(np.float32)))
    assert reason is not None
    assert reason.startswith(f"{code}: ")


def test_a_colour_photograph_is_not_a_radiograph():
    assert str(unusable_reason(Frame(grey=grey(300, 300), is_colour=True))).startswith("colour: ")


@pytest.mark.parametrize("array", [grey(64, 64), grey(64, 448), grey(4096, 3000), exposed_only(0.2, 0.0)])
def test_frames_at_the_limits_are_analysed(array):
    assert unusable_reason(Frame(grey=array)) is None


def test_distance_is_the_squared_mahalanobis_distance_of_the_pooled_features():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(5, 5)).astype(np.float32)
    features, mean = rng.normal(size=(5, 2, 3)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    familiarity = Familiarity(mean=mean, whitener=root, threshold=1.0, quantile=0.99)
    offset = features.mean(axis=(1, 2)) - mean
    assert familiarity_distance(features, familiarity) == pytest.approx(offset @ (root @ root.T) @ offset, rel=1e-4)


@pytest.mark.parametrize(("threshold", "is_named"), [(3.0, True), (4.1, False)])
def test_an_image_beyond_the_fitted_threshold_is_unfamiliar(threshold, is_named):
    features = np.ones((4, 2, 2), np.float32)
    familiarity = Familiarity(
        mean=np.zeros(4, np.float32), whitener=np.eye(4, dtype=np.float32), threshold=threshold, quantile=0.99
    )
    reason = unfamiliar_reason(features, familiarity)
    assert (reason is not None and reason.startswith("unfamiliar: ")) is is_named


def test_a_version_without_a_fitted_region_finds_everything_familiar():
    assert unfamiliar_reason(np.ones((4, 2, 2), np.float32), None) is None
