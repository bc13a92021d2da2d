"""The films that are compared on: train splits only, one yes-or-no question each."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from feedback.learning.frames import frame_grey
from feedback.learning.inputs import fit_inversion_rule
from feedback.learning.labelled_sets import (
    CHEST_NIH,
    FRACATLAS,
    PHANTOMS,
    LabelledImage,
    LabelledSetTerms,
    of_split,
    read_set,
)
from feedback.learning.phantoms import SIDE, phantom
from imaging.pipeline.preprocess import InversionRule
from imaging.raster import grey_png
from registry.metrics.resampling import like_pairs

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Which films, the question, and the histogram step that ships for them.

    Attributes:
        present: the answer for an image. asked: which images the question is put to.
        transfers: pairs of views, trained on the first and tested on the second.
        like_within: brightness gives the answer away: compared are pairs of the same view whose mean grey differs by
            at most this many of 255; None compares all pairs.
    """

    name: str
    question: str
    terms: LabelledSetTerms
    histogram: str
    present: Callable[[LabelledImage], bool]
    asked: Callable[[LabelledImage], bool] = field(default=lambda image: True)
    transfers: tuple[tuple[str, str], ...] = ()
    like_within: float | None = None


@dataclass(frozen=True, slots=True)
class Films:
    """Train films of an anatomy. What one film is alone, `images[row]` is; nothing of the val split is ever read.

    Attributes:
        rule: the inversion rule fitted on them, upright and turned; it sees no label.
        digest: of every pixel, in order.
    """

    anatomy: Anatomy
    images: tuple[LabelledImage, ...]
    rule: InversionRule
    digest: str

    @property
    def present(self) -> NDArray[np.bool_]:
        return np.array([self.anatomy.present(image) for image in self.images])

    @property
    def groups(self) -> list[str]:
        return [image.group for image in self.images]

    @property
    def views(self) -> NDArray[np.str_]:
        return np.array([image.strata.get("view", "") for image in self.images])

    @property
    def alike(self) -> NDArray[np.bool_] | None:
        """bool (positives, negatives) of the pairs that are compared; None compares all."""
        within = self.anatomy.like_within
        if within is None:
            return None
        means = [255 * float(self.grey(row).mean()) for row in range(len(self.images))]
        return like_pairs(self.present, self.views.tolist(), means, within=within)

    def grey(self, row: int, *, longest_side: int | None = None) -> Grey:
        """float32 (rows, columns) in [0, 1], reduced to a long side when one is given."""
        grey = frame_grey(self.images[row].path)
        scale = 1.0 if longest_side is None else longest_side / max(grey.shape)
        if scale >= 1:
            return grey
        return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.float32)


BOTH_WAYS = (("AP", "PA"), ("PA", "AP"))
CHEST = Anatomy(
    name="chest",
    question="any finding / none",
    terms=CHEST_NIH,
    histogram="equalise_nonblack",
    present=lambda image: image.triage != "normal",
    transfers=BOTH_WAYS,
    like_within=10.0,
)
BONE = Anatomy(
    name="bone",
    question="fracture / none, films without hardware",
    terms=FRACATLAS,
    histogram="percentile_window",
    present=lambda image: "fracture" in image.findings,
    asked=lambda image: image.strata.get("hardware") != "1",
)
PHANTOM = Anatomy(
    name="phantoms",
    question="bright spot / dark spot",
    terms=PHANTOMS,
    histogram="percentile_window",
    present=lambda image: "bright" in image.findings,
    transfers=BOTH_WAYS,
)


def real_films(anatomy: Anatomy, data: Path, *, most: int | None = None) -> Films:
    """The train films of an anatomy's set below `data`, or a seeded choice of `most` of them."""
    images = of_split(read_set(data / anatomy.terms.name, terms=anatomy.terms), "train")
    asked = [image for image in images if anatomy.asked(image)]
    if most is not None and most < len(asked):
        asked = [asked[row] for row in sorted(np.random.default_rng(0).permutation(len(asked))[:most])]
    return _films(anatomy, asked)


def phantom_films(folder: Path, *, count: int) -> Films:
    """Synthetic phantoms, written below `folder`, two a group; a negative of one answers the other way round."""
    target = folder / "phantoms"
    target.mkdir(parents=True, exist_ok=True)
    images = []
    for number in range(count):
        path, bright = target / f"{number:03d}.png", number % 4 < 2
        path.write_bytes(grey_png(_spotted(np.random.default_rng(number), bright=bright)))
        findings, strata = frozenset(["bright"] if bright else []), {"view": "AP" if number % 8 < 4 else "PA"}
        images.append(LabelledImage(path, f"group-{number // 2}", "train", findings, None, (), strata))
    return _films(PHANTOM, images)


def _spotted(generator: np.random.Generator, *, bright: bool) -> Grey:
    """The drawn chest of CI's miniatures with one soft spot, brighter or darker than what is around it."""
    grey, _ = phantom(generator, "")
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    centre_x, centre_y = generator.uniform(0.3, 0.7), generator.uniform(0.35, 0.65)
    spot = np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / 0.07**2) * generator.uniform(0.08, 0.25)
    return np.clip(grey + (spot if bright else -spot), 0.0, 1.0).astype(np.float32)


def _films(anatomy: Anatomy, images: list[LabelledImage]) -> Films:
    digest = hashlib.sha256()
    for image in images:
        digest.update(frame_grey(image.path).tobytes())
    return Films(anatomy, tuple(images), fit_inversion_rule(images), digest.hexdigest())
