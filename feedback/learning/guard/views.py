"""A film as it may come in: turned, inverted, cut, exposed otherwise, masked, framed, written on. Drawn from a seed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FilmView:
    """What a view does on purpose; everything else about it is chance.

    Attributes:
        turns: quarter turns counter-clockwise that set the view upright again, 0 to 3.
        inverted: black and white exchanged.
        partial: cut down to a part that is too small to be read.
        plain: nothing left to chance: the stored film, turned and inverted as stated.
    """

    turns: int = 0
    inverted: bool = False
    partial: bool = False
    plain: bool = False


def film_view(grey: Grey, view: FilmView, *, rng: np.random.Generator, panoramic: bool) -> Grey:
    """float32 (rows, columns) in [0, 1] -> the same through a view.

    Args:
        panoramic: cut some views to the wide rectangle that devices store; the training set shows discs.
    """
    seen = grey
    if view.partial:
        seen = partial_cut(seen, rng)
    elif not view.plain:
        seen = _wide_cut(seen, rng) if panoramic and rng.random() < 0.5 else _trimmed(seen, rng)
    if not view.plain:
        seen = exposed(_tilted(seen, rng), rng)
        seen = _framed(masked(seen, rng, share=0.12), rng)
    seen = np.float32(1.0) - seen if view.inverted else seen
    if not view.plain:
        seen = written_on(seen, rng)
    return np.ascontiguousarray(np.rot90(seen, -view.turns))


def partial_cut(grey: Grey, rng: np.random.Generator) -> Grey:
    """At most half of either side, or a strip of at most half of one: one lung, a corner, a few teeth."""
    rows, columns = grey.shape
    shares = rng.uniform(0.25, 0.5, 2)
    if rng.random() < 0.35:
        shares[int(rng.random() < 0.7)] = rng.uniform(0.6, 1.0)
        shares = np.where(shares < 0.6, rng.uniform(0.25, 0.42), shares)
    height, width = max(8, int(rows * shares[0])), max(8, int(columns * shares[1]))
    top, left = int(rng.integers(0, rows - height + 1)), int(rng.integers(0, columns - width + 1))
    return grey[top : top + height, left : left + width]


def exposed(grey: Grey, rng: np.random.Generator) -> Grey:
    """Another exposure, noise, blur and compression."""
    seen = np.clip(grey, 0.0, 1.0) ** np.float32(np.exp(rng.uniform(-0.55, 0.55)))
    seen = (seen - 0.5) * np.float32(rng.uniform(0.7, 1.3)) + np.float32(0.5 + rng.uniform(-0.12, 0.12))
    if rng.random() < 0.3:
        seen = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.4, 1.5)))
    seen = seen + np.float32(rng.uniform(0, 0.04)) * rng.standard_normal(seen.shape, dtype=np.float32)
    seen = np.clip(seen, 0.0, 1.0).astype(np.float32)
    return compressed(seen, rng) if rng.random() < 0.4 else seen


def compressed(grey: Grey, rng: np.random.Generator) -> Grey:
    """Through JPEG."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
    coded = cv2.imencode(".jpg", np.round(grey * 255).astype(np.uint8), quality)[1]
    return (cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE) / 255).astype(np.float32)


def masked(grey: Grey, rng: np.random.Generator, *, share: float) -> Grey:
    """Some views through a disc, so that a disc is not what makes a panoramic."""
    if rng.random() >= share:
        return grey
    rows, columns = grey.shape
    mask = np.zeros(grey.shape, np.uint8)
    cv2.ellipse(mask, (columns // 2, rows // 2), (columns // 2, rows // 2), 0, 0, 360, 1, -1)
    return grey * mask


def written_on(grey: Grey, rng: np.random.Generator) -> Grey:
    """Some views with letters burned in, as sides and times are."""
    if rng.random() >= 0.3:
        return grey
    canvas = np.round(grey * 255).astype(np.uint8)
    rows, columns = canvas.shape
    for _ in range(int(rng.integers(1, 4))):
        text = str(rng.choice(["L", "R", "PA", "AP", "STANDING", "12:45", "LEFT", "PORTABLE"]))
        place = (int(rng.uniform(0.02, 0.85) * columns), int(rng.uniform(0.05, 0.98) * rows))
        shade = 255 if rng.random() < 0.8 else 0
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.3, 0.9)), shade, 1)
    return (canvas / 255).astype(np.float32)


def _trimmed(grey: Grey, rng: np.random.Generator) -> Grey:
    rows, columns = grey.shape
    top, bottom, left, right = rng.uniform(0, 0.08, 4)
    return grey[int(top * rows) : rows - int(bottom * rows), int(left * columns) : columns - int(right * columns)]


def _wide_cut(grey: Grey, rng: np.random.Generator) -> Grey:
    rows, columns = grey.shape
    width = rng.uniform(0.68, 0.95)
    height = min(width / rng.uniform(1.1, 2.0), 0.8)
    top = (1 - height) / 2 + rng.uniform(-0.05, 0.05)
    left = (1 - width) / 2
    return grey[int(top * rows) : int((top + height) * rows), int(left * columns) : int((left + width) * columns)]


def _tilted(grey: Grey, rng: np.random.Generator) -> Grey:
    rows, columns = grey.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), float(rng.uniform(-8, 8)), float(rng.uniform(0.92, 1.08)))
    return np.asarray(cv2.warpAffine(grey, matrix, (columns, rows), flags=cv2.INTER_LINEAR), dtype=np.float32)


def _framed(grey: Grey, rng: np.random.Generator) -> Grey:
    if rng.random() >= 0.3:
        return grey
    rows, columns = grey.shape
    top, bottom, left, right = (rng.uniform(0, 0.2, 4) * (rows, rows, columns, columns)).astype(int)
    shade = 1.0 if rng.random() < 0.1 else float(rng.uniform(0, 0.1))
    framed = cv2.copyMakeBorder(grey, top, bottom, left, right, cv2.BORDER_CONSTANT, value=shade)
    return np.asarray(framed, dtype=np.float32)
