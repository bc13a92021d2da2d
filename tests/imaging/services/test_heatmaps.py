"""Heatmaps as stored: small, signed, exact, and readable whatever version wrote them."""

import io
from dataclasses import replace

import numpy as np
import pytest

from accounts.errors import IntegrityBroken
from imaging.pipeline.preprocess import square_map
from imaging.pipeline.values import Heatmap
from imaging.services.heatmaps import SIGNATURE, heatmap_unpack, heatmaps_pack


def cells(seed: int = 0, *, turns: int = 0) -> Heatmap:
    source = square_map(3, 7, 790, 1000, rows=1024, columns=800, size=448)
    values = np.random.default_rng(seed).normal(size=(14, 14)).astype(np.float32)
    return Heatmap(cells=values, source=source, size=448, turns=turns)


@pytest.mark.parametrize("turns", [0, 3])
def test_maps_come_back_exactly_as_they_were(turns):
    maps = [cells(seed, turns=turns) for seed in range(3)]
    data = heatmaps_pack(maps)
    for index, heatmap in enumerate(maps):
        found = heatmap_unpack(data, index)
        assert (found.source, found.size, found.turns) == (heatmap.source, heatmap.size, heatmap.turns)
        np.testing.assert_array_equal(found.contributions, heatmap.contributions)


def test_a_dozen_labels_of_one_frame_take_a_few_kilobytes():
    assert len(heatmaps_pack([cells(seed) for seed in range(12)])) < 12 * 14 * 14 * 4 + 1024


def test_maps_that_the_first_version_stored_are_still_read():
    y, x = np.mgrid[0:96, 0:80].astype(np.float32)
    ramp = (y + 0.5) / 96 - 0.5 * (x + 0.5) / 80
    stream = io.BytesIO()
    np.save(stream, np.stack([ramp, -ramp]).astype(np.float16))
    np.testing.assert_array_equal(
        heatmap_unpack(stream.getvalue(), 1).contributions, (-ramp).astype(np.float16).astype(np.float32)
    )


def test_maps_of_several_views_are_not_packed_together():
    with pytest.raises(ValueError, match="one frame"):
        heatmaps_pack([cells(), replace(cells(), size=320)])


@pytest.mark.parametrize("index", [-1, 1])
def test_a_map_that_is_not_there_is_an_integrity_error(index):
    with pytest.raises(IntegrityBroken):
        heatmap_unpack(heatmaps_pack([cells()]), index)


@pytest.mark.parametrize("data", [b"", b"nothing", SIGNATURE, SIGNATURE + b"\x02\x00\x00\x00{}", b"\x93NUMPY"])
def test_bytes_that_are_no_map_are_an_integrity_error(data):
    with pytest.raises(IntegrityBroken):
        heatmap_unpack(data, 0)


def test_a_stored_map_that_was_cut_short_is_an_integrity_error():
    with pytest.raises(IntegrityBroken):
        heatmap_unpack(heatmaps_pack([cells()])[:-100], 0)
