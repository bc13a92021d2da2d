"""A film's perceptual hash: what stays when it is saved again, resized, brightened, cropped or turned a little.

The signs of the 256 lowest frequencies of a small square thumbnail (discrete cosine transform, type II). A sign does
not feel brightness or contrast. Turns and crops move signs: the film that is asked about is turned and cropped itself,
in every direction a little (its forms), and the nearest counts; a mirror image is asked for as a film of its own.
Between two films that are near already, the turn and the crop are then found more finely (nearest_distance).
Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), for signs of DCT
coefficients as a hash. How far apart films lie: docs/claims.md.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.thumbnail import SIDE, Small

BITS = 256
TURNS_DEGREES = (-4.0, -2.0, 0.0, 2.0, 4.0)
_CUT, _CUT_ALL = 0.04, 0.03
_STEPS = (2.0, 0.03, 0.03, 0.03, 0.03)
_FINER = (1.0, 0.5, 0.25)
_MOST_TURN_DEGREES, _MOST_CUT = 7.0, 0.1
_ROUNDS_PER_STEP = 4

Spectrum = NDArray[np.float32]
Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Form:
    """How a film is turned (degrees), and the shares cut off it; a share below zero repeats the edge outwards."""

    turn_degrees: float = 0.0
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    def moved(self, part: int, by: float) -> "Form":
        values = [self.turn_degrees, self.left, self.top, self.right, self.bottom]
        values[part] += by
        return Form(*values)

    @property
    def is_small(self) -> bool:
        """Within what still counts as the same film looked at slightly otherwise."""
        cuts = (self.left, self.top, self.right, self.bottom)
        return abs(self.turn_degrees) <= _MOST_TURN_DEGREES and max(map(abs, cuts)) <= _MOST_CUT


def _cuts() -> list[tuple[float, float, float, float]]:
    """Nothing; one side; two sides that meet; all four: cut off, and what another crop had cut off."""
    sides = [
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 0, 1),
        (1, 1, 0, 0),
        (0, 1, 1, 0),
        (0, 0, 1, 1),
        (1, 0, 0, 1),
    ]
    cuts = [(one * _CUT, two * _CUT, three * _CUT, four * _CUT) for one, two, three, four in sides]
    cuts.append((_CUT_ALL,) * 4)
    return [(0.0,) * 4, *cuts, *((-one, -two, -three, -four) for one, two, three, four in cuts)]


FORMS: tuple[Form, ...] = tuple(Form(turn, *cut) for turn in TURNS_DEGREES for cut in _cuts())


def film_spectrum(small: Small) -> Spectrum:
    """The chosen frequencies of a thumbnail: float32 (256,); their signs are its hash.

    Args:
        small: uint8 (48, 48), mean grey values (imaging/dicom/thumbnail.py).
    """
    return _spectra(small.astype(np.float32)[None])[0]


def film_forms(small: Small) -> Spectrum:
    """The spectra of the film in every form of FORMS: float32 (len(FORMS), 256)."""
    places, weights = _samples()
    moved = np.einsum("fpc,fpc->fp", small.astype(np.float32).ravel()[places], weights)
    return _spectra(moved.reshape(len(FORMS), SIDE, SIDE))


def form_spectrum(small: Small, form: Form) -> Spectrum:
    """The spectrum of the film in one form: float32 (256,)."""
    places, weights = _around(form)
    moved = (small.astype(np.float32).ravel()[places] * weights).sum(axis=1)
    return _spectra(moved.reshape(1, SIDE, SIDE))[0]


def mirror(small: Small) -> Small:
    """The thumbnail with left and right exchanged."""
    return np.ascontiguousarray(small[:, ::-1])


def nearest_distance(small: Small, spectra: Spectrum, other: Bits) -> int:
    """Differing bits at the turn and crop where the film is nearest to another's hash, 0 to 256.

    Starts at the nearest of FORMS and walks, one of turn and four cuts at a time, in ever smaller steps.

    Args:
        small, spectra: the film that is asked about, and its film_forms.
        other: bool (256,), the signs of the other film's spectrum.
    """
    apart = np.count_nonzero((spectra > 0) != other, axis=-1)
    form, best = FORMS[int(apart.argmin())], int(apart.min())
    for finer in _FINER:
        form, best = _walked(small, other, form, best, finer)
    return best


def _walked(small: Small, other: Bits, form: Form, best: int, finer: float) -> tuple[Form, int]:
    for _ in range(_ROUNDS_PER_STEP):
        before = best
        for part, step in enumerate(_STEPS):
            for by in (step * finer, -step * finer):
                tried = form.moved(part, by)
                apart = _apart(small, tried, other) if tried.is_small else BITS
                if apart < best:
                    form, best = tried, apart
                    break
        if best == before:
            break
    return form, best


def _apart(small: Small, form: Form, other: Bits) -> int:
    return int(np.count_nonzero((form_spectrum(small, form) > 0) != other))


def _spectra(grey: NDArray[np.float32]) -> Spectrum:
    basis, (rows, columns) = _basis(), _frequencies()
    return np.asarray((basis @ grey @ basis.T)[:, rows, columns], dtype=np.float32)


@lru_cache(maxsize=1)
def _frequencies() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the 256 lowest but the mean itself, in diagonals."""
    pairs = sorted((u + v, u, v) for u in range(SIDE) for v in range(SIDE) if u + v > 0)[:BITS]
    return np.array([u for _, u, _ in pairs]), np.array([v for _, _, v in pairs])


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float32]:
    """The cosines: float32 (frequencies, places)."""
    place, frequency = np.arange(SIDE) + 0.5, np.arange(SIDE)
    return np.cos(np.pi * frequency[:, None] * place[None] / SIDE).astype(np.float32)


@lru_cache(maxsize=1)
def _samples() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For every form and pixel the four pixels around it and their weights: (forms, 48 * 48, 4) each."""
    around = [_around(form) for form in FORMS]
    return np.stack([places for places, _ in around]), np.stack([weights for _, weights in around])


def _around(form: Form) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    unit = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    x = (form.left - form.right) / 2 + unit[None, :] * (1 - form.left - form.right)
    y = (form.top - form.bottom) / 2 + unit[:, None] * (1 - form.top - form.bottom)
    angle = np.radians(form.turn_degrees)
    turned_x, turned_y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    return _bilinear((turned_x + 0.5) * SIDE - 0.5, (turned_y + 0.5) * SIDE - 0.5)


def _bilinear(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    x, y = np.clip(x, 0, SIDE - 1).ravel(), np.clip(y, 0, SIDE - 1).ravel()
    column, row = np.minimum(x.astype(np.intp), SIDE - 2), np.minimum(y.astype(np.intp), SIDE - 2)
    right, down, first = x - column, y - row, row * SIDE + column
    places = np.stack([first, first + 1, first + SIDE, first + SIDE + 1], axis=1)
    weights = [(1 - right) * (1 - down), right * (1 - down), (1 - right) * down, right * down]
    return places, np.stack(weights, axis=1).astype(np.float32)
