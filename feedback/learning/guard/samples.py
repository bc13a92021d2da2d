"""What a guard learns from: views of films of each kind, and pictures that are none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feedback.learning.frames import frame_grey
from feedback.learning.guard.negatives import NEGATIVES, desktop_with, negative
from feedback.learning.guard.views import FilmView, compressed, film_view, masked
from feedback.learning.labelled_sets import LabelledImage

Grey = NDArray[np.float32]

OTHER, PARTIAL = "other", "partial"
TURNED_KINDS = ("chest", "dental_panoramic")  # what stands one way up: a hand is taken from every side
CUT_KINDS = TURNED_KINDS  # what has to be whole: bone films show any part of a limb
DESKTOP = "desktop"
# More than the input's side: views are drawn from this, which saves time and changes nothing that the input shows.
LONGEST_SIDE = 256


@dataclass(frozen=True, slots=True)
class GuardSample:
    """One picture and what is true of it.

    Attributes:
        kind: label.
        group: of the film that it shows; a drawn picture is a group of its own.
        view: how the film is shown.
        film: None for a drawn picture.
        drawn: kind of a drawn picture, "" for a film.
        seed: of everything that is left to chance.
    """

    kind: str
    group: str
    view: FilmView
    film: LabelledImage | None
    drawn: str
    seed: tuple[int, ...]

    @property
    def is_right(self) -> bool:
        """A whole film, as it should come in: what an operating point must not refuse."""
        return self.film is not None and not self.drawn and self.view in (FilmView(), FilmView(plain=True))


def guard_samples(films: Mapping[str, Sequence[LabelledImage]], *, drawn: int, seed: int) -> list[GuardSample]:
    """Views of every film and `drawn` pictures of each kind of negative.

    Args:
        films: kind -> its train films.
    """
    samples: list[GuardSample] = []
    for number, (kind, images) in enumerate(films.items()):
        for index, film in enumerate(images):
            for order, (shown, view) in enumerate(_views(kind, np.random.default_rng((seed, number, index)))):
                place = (seed, number, index, order)
                samples.append(GuardSample(shown, f"{kind}/{film.group}", view, film, "", place))
    for number, name in enumerate((*NEGATIVES, DESKTOP)):
        pool = [film for images in films.values() for film in images]
        chosen = np.random.default_rng((seed, 1000, number)).integers(0, len(pool), drawn)
        for index, film_index in enumerate(chosen):
            film = pool[film_index] if name == DESKTOP else None
            group = _group_of(films, film) if film else f"drawn/{name}/{index}"
            samples.append(GuardSample(OTHER, group, FilmView(), film, name, (seed, 1000, number, index)))
    return samples


def sample_grey(sample: GuardSample) -> Grey:
    """float32 (rows, columns) in [0, 1] of a sample.

    Raises:
        RefusedFile: the film's file is not a usable image.
    """
    rng = np.random.default_rng(sample.seed)
    if sample.drawn == DESKTOP:
        assert sample.film is not None
        return desktop_with(reduced(frame_grey(sample.film.path)), rng)
    if sample.film is None:
        picture = masked(negative(sample.drawn, rng), rng, share=0.12)
        return compressed(picture, rng) if rng.random() < 0.3 else picture
    panoramic = sample.group.startswith("dental_panoramic/")
    return film_view(reduced(frame_grey(sample.film.path)), sample.view, rng=rng, panoramic=panoramic)


def reduced(grey: Grey) -> Grey:
    """The same with a long side of at most LONGEST_SIDE."""
    scale = LONGEST_SIDE / max(grey.shape)
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _views(kind: str, rng: np.random.Generator) -> Iterator[tuple[str, FilmView]]:
    """As it is, another way upright, turned or inverted, and, where that is wrong, cut down to a part."""
    yield kind, FilmView(plain=True)
    yield kind, FilmView()
    turned = FilmView(plain=True, turns=int(rng.integers(1, 4)))
    loose = FilmView(turns=int(rng.integers(0, 4)), inverted=True)
    yield kind, turned if rng.random() < 0.4 else FilmView(plain=True, inverted=True) if rng.random() < 0.5 else loose
    if kind in TURNED_KINDS:
        yield kind, FilmView(turns=int(rng.integers(0, 4)), inverted=bool(rng.random() < 0.5))
    if kind in CUT_KINDS:
        is_odd = bool(rng.random() < 0.4)
        turns, inverted = (int(rng.integers(0, 4)), bool(rng.random() < 0.3)) if is_odd else (0, False)
        yield PARTIAL, FilmView(partial=True, turns=turns, inverted=inverted)


def _group_of(films: Mapping[str, Sequence[LabelledImage]], film: LabelledImage) -> str:
    return next(f"{kind}/{film.group}" for kind, images in films.items() if any(entry is film for entry in images))
