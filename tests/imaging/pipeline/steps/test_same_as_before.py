"""The steps together make what the one function made: to the last bit, map and film included."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.values import Frame
from tests.imaging.pipeline.reference_preprocess import reference_preprocess
from tests.imaging.pipeline.steps.films import films, settings_of


@given(grey=films(smallest=1), chosen=settings_of(), size=st.sampled_from([16, 64, 97, 224]))
@settings(max_examples=150, deadline=None)
def test_every_combination_of_steps_makes_the_same_input_bit_for_bit(
    grey: np.ndarray, chosen: PreprocessSettings, size: int
) -> None:
    before = reference_preprocess(Frame(grey=grey), size=size, settings=chosen, mean=127 / 255, std=128 / 255)
    now = preprocess(Frame(grey=grey), size=size, settings=chosen, mean=127 / 255, std=128 / 255)
    np.testing.assert_array_equal(now.array, before.array)
    np.testing.assert_array_equal(now.film, before.film)
    assert (now.source, now.inverted) == (before.source, before.inverted)
