"""On real films: copies stay near, other films stay far. The figures in full: tests/benchmarks/film_distances.py."""

import csv
from itertools import combinations

import cv2
import numpy as np
import pytest

from imaging.dicom.thumbnail import thumbnail
from imaging.pipeline.film_hash import film_forms, film_spectrum, nearest_distance
from imaging.services.film_matches import ALIKE_BITS
from tests.imaging import jaw_phantoms as jaws
from tests.paths import requires_shared_data, shared_data

pytestmark = requires_shared_data


def films(name, count):
    folder = shared_data() / name
    with (folder / "index.csv").open() as lines:
        rows = {row["group_id"]: row["file"] for row in csv.DictReader(lines)}
    return [
        cv2.imread(str(folder / "images" / file), 0).astype(np.float32) / 255 for file in list(rows.values())[:count]
    ]


def apart(one, other):
    small = thumbnail(one)
    return nearest_distance(small, film_forms(small), film_spectrum(thumbnail(other)) > 0)


@pytest.mark.parametrize("name", ["dental_research", "dental_opg"])
def test_a_copy_of_a_real_film_is_near_and_other_films_are_far(name):
    some = films(name, 12)
    for film in some[:6]:
        copy = jaws.cropped(jaws.turned(jaws.brightened(film), degrees=2), left=0.02, top=0.01, right=0, bottom=0.02)
        assert apart(jaws.saved_again(jaws.resized(copy, factor=0.6)), film) <= ALIKE_BITS
    assert min(apart(one, other) for one, other in combinations(some, 2)) > ALIKE_BITS
