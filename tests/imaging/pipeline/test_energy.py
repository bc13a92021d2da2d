"""Where a map's energy lies: on the border, on burned-in markers, or in the patient."""

import numpy as np
import pytest

from imaging.pipeline.energy import Energy, caution, energies
from imaging.pipeline.preprocess import square_map
from imaging.pipeline.values import ModelInput
from tests.imaging.pipeline.film_phantoms import SIZE, chest_film, seen, with_text

CELLS = 14


def plain(rows: int = 448, columns: int = 448) -> ModelInput:
    source = square_map(0, 0, columns, rows, rows=rows, columns=columns, size=SIZE)
    return ModelInput(array=np.zeros((3, SIZE, SIZE), np.float32), source=source, inverted=False)


def peaked(row: int, column: int, *, elsewhere: float = 0.0) -> np.ndarray:
    maps = np.full((1, CELLS, CELLS), elsewhere, np.float32)
    maps[0, row, column] = 1.0
    return maps


@pytest.mark.parametrize(("rows", "columns"), [(448, 448), (900, 448), (300, 1000)])
def test_an_even_map_has_on_the_border_the_border_s_area(rows, columns):
    found = energies(np.ones((1, CELLS, CELLS), np.float32), seen=plain(rows, columns), size=SIZE)[0]
    assert found.border == pytest.approx(1 - 0.9 * 0.9, abs=1e-9)
    assert found.marker is None


def test_a_map_in_the_middle_has_nothing_on_the_border_and_one_in_a_corner_most():
    assert energies(peaked(7, 7), seen=plain(), size=SIZE)[0].border == pytest.approx(0.0, abs=1e-9)
    assert energies(peaked(0, 0), seen=plain(), size=SIZE)[0].border > 0.9


def test_what_lies_in_the_padding_is_not_counted():
    maps = peaked(7, 0, elsewhere=0.01)  # a tall frame: the first column of cells shows padding only
    with_padding = energies(maps, seen=plain(900, 448), size=SIZE)[0]
    maps[0, 7, 0] = 0.01
    assert with_padding.border == energies(maps, seen=plain(900, 448), size=SIZE)[0].border


def test_a_map_that_only_speaks_against_the_label_has_no_energy():
    assert energies(-peaked(7, 7), seen=seen(chest_film()), size=SIZE) == [Energy(border=None, marker=None)]


def test_a_map_on_a_drawn_marker_is_marker_energy_and_one_on_the_heart_is_not():
    film = seen(with_text(chest_film(), "L", left=400, bottom=60))
    on_marker, on_heart = energies(np.concatenate([peaked(1, 12), peaked(8, 7)]), seen=film, size=SIZE)
    assert on_marker.marker == pytest.approx(1.0)
    assert on_heart.marker == pytest.approx(0.0)
    assert energies(peaked(1, 12), seen=seen(chest_film()), size=SIZE)[0].marker == 0.0


def test_a_film_full_of_text_is_not_taken_for_markers():
    film = chest_film()
    for line in range(14):
        film = with_text(film, "PORTABLE AP SUPINE 12:30", left=4, bottom=25 + 32 * line, scale=0.9)
    assert energies(np.ones((1, CELLS, CELLS), np.float32), seen=seen(film), size=SIZE)[0].marker in (
        0.0,
        pytest.approx(0.125, abs=0.125),
    )


@pytest.mark.parametrize(
    ("border", "marker", "says"),
    [
        (None, None, None),
        (0.5, 0.5, None),
        (0.2, 0.72, "72 % of this map lies on burned-in markers"),
        (0.61, 0.1, "61 %"),
    ],
)
def test_a_reader_is_cautioned_when_most_of_a_map_lies_where_no_disease_can_be(border, marker, says):
    words = caution(border=border, marker=marker)
    assert (words is None) if says is None else words.startswith(says)
