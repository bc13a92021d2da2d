"""Burned-in markers: letters, arrows and lines of text are found; ribs, bones and plates are left alone."""

import csv
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging.pipeline.markers import burned_in_markers
from tests.imaging.pipeline.film_phantoms import chest_film, with_text
from tests.paths import requires_shared_data, shared_data


def covers(film: np.ndarray, *, x: int, y: int) -> bool:
    return any(box.left <= x < box.right and box.top <= y < box.bottom for box in burned_in_markers(film))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("text", "left", "bottom"), [("L", 400, 60), ("R", 20, 60), ("PORTABLE", 20, 140), ("AP", 30, 430)]
)
def test_a_drawn_marker_is_found(seed, text, left, bottom):
    scale = 0.5 if len(text) > 2 else 0.8
    film = with_text(chest_film(seed), text, left=left, bottom=bottom, scale=scale, thick=1 if len(text) > 2 else 2)
    assert covers(film, x=left + 5, y=bottom - 6)


@pytest.mark.parametrize("seed", range(6))
def test_a_film_without_markers_has_none(seed):
    assert burned_in_markers(chest_film(seed)) == []


def test_a_plate_and_a_cortex_are_no_markers():
    film = chest_film()
    film[100:330, 200:216] = 250  # a plate, longer than any line of text
    cv2.ellipse(film, (330, 240), (60, 160), 20, 0, 360, 240, 4)  # a rim that runs on
    assert burned_in_markers(film) == []


def test_the_white_rim_of_an_export_is_no_marker():
    film = chest_film()
    film[:3], film[:, -3:] = 255, 255
    assert burned_in_markers(film) == []


@pytest.mark.parametrize(
    "film", [np.zeros((448, 448), np.uint8), np.full((448, 300), 255, np.uint8), np.ones((5, 448), np.uint8)]
)
def test_a_film_with_nothing_on_it_has_none(film):
    assert burned_in_markers(film) == []


def test_looking_for_markers_takes_less_than_two_milliseconds_of_one_core():
    film = with_text(chest_film(), "L", left=400, bottom=60)
    taken = []
    for _ in range(30):
        started = time.thread_time()
        burned_in_markers(film)
        taken.append(time.thread_time() - started)
    assert min(taken) < 2e-3  # 0.6 ms here; the slack is for slower machines


class TestRealFilms:
    pytestmark = requires_shared_data

    def test_about_half_of_chest_films_carry_a_marker_and_hardly_any_more_than_four(self):
        with (shared_data() / "chest_nih" / "labels.csv").open() as lines:
            names = [row["file"] for row in csv.DictReader(lines) if row["split"] == "train"][:80]
        films = [np.asarray(Image.open(shared_data() / "chest_nih" / "images" / name).convert("L")) for name in names]
        counts = np.array(
            [len(burned_in_markers(cv2.resize(film, (448, 448), interpolation=cv2.INTER_AREA))) for film in films]
        )
        assert 0.3 < (counts > 0).mean() < 0.9
        assert (counts > 4).mean() <= 0.1
