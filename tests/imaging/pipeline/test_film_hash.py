"""A film's hash stays near its copies and far from other films; a sign flip stands for a mirror."""

import numpy as np
import pytest

from imaging.dicom.thumbnail import thumbnail
from imaging.pipeline.film_hash import (
    BITS,
    FORMS,
    film_forms,
    film_spectrum,
    form_spectrum,
    mirror,
    nearest_distance,
)
from imaging.services.film_matches import ALIKE_BITS
from tests.imaging import jaw_phantoms as jaws


def apart(copy, film):
    small = thumbnail(copy)
    return nearest_distance(small, film_forms(small), film_spectrum(thumbnail(film)) > 0)


COPIES = {
    "saved again": jaws.saved_again,
    "resized": jaws.resized,
    "brightened": jaws.brightened,
    "cropped": lambda film: jaws.cropped(film, left=0.03, top=0.0, right=0.02, bottom=0.03),
    "turned": lambda film: jaws.turned(film, degrees=3.0),
    "all at once": lambda film: jaws.saved_again(
        jaws.resized(
            jaws.brightened(jaws.turned(jaws.cropped(film, left=0.02, top=0.02, right=0, bottom=0), degrees=2))
        )
    ),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_stays_near_its_film(how):
    film = jaws.jaw_phantom(1)
    assert apart(COPIES[how](film), film) <= ALIKE_BITS


def test_other_films_are_far():
    films = [jaws.jaw_phantom(seed) for seed in range(8)]
    assert min(apart(one, other) for one in films[:4] for other in films[4:]) > ALIKE_BITS


def test_a_mirror_image_is_far_and_near_once_mirrored_back():
    film = jaws.jaw_phantom(1)
    behind = thumbnail(np.ascontiguousarray(film[:, ::-1]))
    bits = film_spectrum(thumbnail(film)) > 0
    assert nearest_distance(behind, film_forms(behind), bits) > ALIKE_BITS
    assert nearest_distance(mirror(behind), film_forms(mirror(behind)), bits) <= 6


def test_brightness_and_contrast_change_no_sign():
    small = thumbnail(jaws.jaw_phantom(3)) // 2 * 2
    assert np.array_equal(film_spectrum(small) > 0, film_spectrum(small // 2 + 30) > 0)
    assert np.allclose(film_spectrum(np.full((48, 48), 77, np.uint8)), 0.0, atol=0.1)


def test_the_first_form_is_the_film_itself_or_near_it():
    small = thumbnail(jaws.jaw_phantom(2))
    straight = next(k for k, form in enumerate(FORMS) if form == type(form)())
    assert np.allclose(film_forms(small)[straight], film_spectrum(small), atol=0.05)
    assert np.allclose(form_spectrum(small, FORMS[7]), film_forms(small)[7], atol=0.05)


def test_the_spectrum_is_that_of_the_textbook():
    """Against the double sum of the DCT-II, written out."""
    small = thumbnail(jaws.jaw_phantom(4))
    place = np.arange(48)
    slow = sum(
        float(small[y, x]) * np.cos(np.pi * 0 * (y + 0.5) / 48) * np.cos(np.pi * 1 * (x + 0.5) / 48)
        for y in place
        for x in place
    )
    assert film_spectrum(small)[0] == pytest.approx(slow, rel=1e-4)
    assert film_spectrum(small).shape == (BITS,)
