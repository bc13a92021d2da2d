"""Heatmaps as stored: small, signed, and over the same frame."""

import numpy as np
import pytest

from accounts.errors import IntegrityBroken
from imaging.pipeline.values import Heatmap
from imaging.services.heatmaps import heatmap_unpack, heatmaps_pack


def ramp(height, width):
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return Heatmap((y + 0.5) / height - 0.5 * (x + 0.5) / width)


def test_small_maps_come_back_as_they_were():
    maps = [ramp(96, 80), Heatmap(-ramp(96, 80).contributions)]
    data = heatmaps_pack(maps)
    for index, heatmap in enumerate(maps):
        np.testing.assert_allclose(heatmap_unpack(data, index).contributions, heatmap.contributions, atol=1e-3)


@pytest.mark.parametrize(
    ("height", "width", "stored"), [(1024, 800, (256, 200)), (300, 1024, (75, 256)), (257, 1, (256, 1))]
)
def test_large_maps_are_reduced_over_the_same_extent(height, width, stored):
    reduced = heatmap_unpack(heatmaps_pack([ramp(height, width)]), 0).contributions
    assert reduced.shape == stored
    np.testing.assert_allclose(reduced, ramp(*stored).contributions, atol=2e-3)


@pytest.mark.parametrize("index", [-1, 1])
def test_a_map_that_is_not_there_is_an_integrity_error(index):
    with pytest.raises(IntegrityBroken):
        heatmap_unpack(heatmaps_pack([ramp(8, 8)]), index)


def test_bytes_that_are_no_map_are_an_integrity_error():
    with pytest.raises(IntegrityBroken):
        heatmap_unpack(b"nothing", 0)
