"""Augmentation on the fly: a seeded view of a frame, and what it does to the boxes.

A view is drawn from (seed, cycle, image), never from a running generator, so that a resumed run sees what an
uninterrupted one would have seen.
"""

from dataclasses import asdict, dataclass
from math import cos, radians, sin
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from feedback.learning.film_marks import jpeg_coded, with_markers
from imaging.pipeline.values import BoundingBox

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far views may go.

    Attributes:
        rotation_degrees: largest rotation either way.
        scale: smallest and largest magnification.
        shift: largest displacement as a share of the side.
        mirror: mirror half of the views; only where the side does not matter.
        gamma, contrast: smallest and largest factor, drawn evenly in the logarithm.
        brightness: largest offset in grey values of [0, 1].
        noise: largest standard deviation of Gaussian noise in grey values.
        negative: share of views with black and white exchanged; the inversion rule has to turn them back.
        markers: share of views with letters burned in.
        jpeg: lowest and highest quality of a JPEG that every view goes through; None leaves them as they are.
    """

    rotation_degrees: float = 12.0
    scale: tuple[float, float] = (0.9, 1.15)
    shift: float = 0.04
    mirror: bool = False
    gamma: tuple[float, float] = (0.75, 1.35)
    contrast: tuple[float, float] = (0.8, 1.25)
    brightness: float = 0.08
    noise: float = 0.02
    negative: float = 0.0
    markers: float = 0.0
    jpeg: tuple[int, int] | None = None

    def identity(self) -> dict[str, Any]:
        """JSON values for fingerprints. What came later is named only where it is on: older fingerprints stay valid."""
        values = asdict(self)
        for later in ("markers", "jpeg"):
            if not values[later]:
                del values[later]
        return values


@dataclass(frozen=True, slots=True)
class View:
    """One drawn augmentation. The identity is View().

    Attributes:
        marker_seed: decides the burned-in letters; None burns none in.
        jpeg_quality: 0 does not go through JPEG.
    """

    rotation: float = 0.0
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    mirrored: bool = False
    gamma: float = 1.0
    contrast: float = 1.0
    brightness: float = 0.0
    noise: float = 0.0
    negative: bool = False
    noise_seed: int = 0
    marker_seed: int | None = None
    jpeg_quality: int = 0


def draw_view(augmentation: Augmentation, *, seed: tuple[int, ...]) -> View:
    """The view that belongs to a seed."""
    generator = np.random.default_rng(seed)

    def factor(limits: tuple[float, float]) -> float:
        return float(np.exp(generator.uniform(np.log(limits[0]), np.log(limits[1]))))

    marker_seed, jpeg_quality = _draw_marks(augmentation, seed)
    return View(
        rotation=float(generator.uniform(-1, 1)) * augmentation.rotation_degrees,
        scale=factor(augmentation.scale),
        shift_x=float(generator.uniform(-1, 1)) * augmentation.shift,
        shift_y=float(generator.uniform(-1, 1)) * augmentation.shift,
        mirrored=bool(generator.random() < 0.5) and augmentation.mirror,
        gamma=factor(augmentation.gamma),
        contrast=factor(augmentation.contrast),
        brightness=float(generator.uniform(-1, 1)) * augmentation.brightness,
        noise=float(generator.uniform(0, 1)) * augmentation.noise,
        negative=bool(generator.random() < augmentation.negative),
        noise_seed=int(generator.integers(2**31)),
        marker_seed=marker_seed,
        jpeg_quality=jpeg_quality,
    )


def _draw_marks(augmentation: Augmentation, seed: tuple[int, ...]) -> tuple[int | None, int]:
    """Marker seed and JPEG quality, from a generator of their own: everything else is drawn as if they were not."""
    generator = np.random.default_rng((*seed, 1))
    marked, marker_seed = bool(generator.random() < augmentation.markers), int(generator.integers(2**31))
    quality = (
        0 if augmentation.jpeg is None else int(generator.integers(augmentation.jpeg[0], augmentation.jpeg[1] + 1))
    )
    return (marker_seed if marked else None), quality


def view_grey(grey: Grey, view: View) -> Grey:
    """float32 (rows, columns) in [0, 1] -> the same seen through a view."""
    changed = _moved(grey, view) if _moves(view) else grey
    changed = np.clip(changed, 0.0, 1.0) ** np.float32(view.gamma)
    changed = (changed - np.float32(0.5)) * np.float32(view.contrast) + np.float32(0.5 + view.brightness)
    if view.noise > 0:
        noise = np.random.default_rng(view.noise_seed).standard_normal(changed.shape, dtype=np.float32)
        changed = changed + np.float32(view.noise) * noise
    changed = np.where(_moved_mask(grey, view), np.clip(changed, 0.0, 1.0), 0.0).astype(np.float32)
    if view.marker_seed is not None:
        changed = with_markers(changed, seed=view.marker_seed)
    changed = np.float32(1.0) - changed if view.negative else changed
    return jpeg_coded(changed, quality=view.jpeg_quality) if view.jpeg_quality else changed


def view_box(box: BoundingBox, view: View, *, rows: int, columns: int) -> BoundingBox | None:
    """Where a box is in the view: the bounding box of its moved inscribed ellipse, or None when most of it has left.

    The ellipse, not the corners: a lesion fills its box's middle, and rotated corners would make every box too large.
    """
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x = (box.left + box.right) / 2 + box.width / 2 * np.cos(angles)
    y = (box.top + box.bottom) / 2 + box.height / 2 * np.sin(angles)
    matrix = _forward(view, rows=rows, columns=columns)
    moved_x, moved_y = matrix @ np.stack([x, y, np.ones_like(x)])
    left, right = np.clip([moved_x.min(), moved_x.max()], 0, columns)
    top, bottom = np.clip([moved_y.min(), moved_y.max()], 0, rows)
    whole = (moved_x.max() - moved_x.min()) * (moved_y.max() - moved_y.min())
    if (right - left) * (bottom - top) < 0.4 * whole or right - left < 1 or bottom - top < 1:
        return None
    return BoundingBox(float(left), float(top), float(right), float(bottom))


def _moves(view: View) -> bool:
    return view.mirrored or (view.rotation, view.scale, view.shift_x, view.shift_y) != (0.0, 1.0, 0.0, 0.0)


def _forward(view: View, *, rows: int, columns: int) -> NDArray[np.float64]:
    """(2, 3) matrix from frame to view positions, pixels, about the frame's centre."""
    angle, side = radians(view.rotation), max(rows, columns)
    turn = view.scale * np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    if view.mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    centre = np.array([columns / 2, rows / 2])
    shift = centre - turn @ centre + np.array([view.shift_x, view.shift_y]) * side
    return np.column_stack([turn, shift])


def _moved(grey: Grey, view: View) -> Grey:
    """Bilinear resampling; what comes from outside the frame is black."""
    rows, columns = grey.shape
    forward = np.vstack([_forward(view, rows=rows, columns=columns), [0, 0, 1]])
    half = np.array([[columns / 2, 0, columns / 2], [0, rows / 2, rows / 2], [0, 0, 1]])
    unit = np.linalg.inv(half) @ np.linalg.inv(forward) @ half
    grid = functional.affine_grid(torch.from_numpy(unit[:2].astype(np.float32))[None], [1, 1, rows, columns], False)
    source = torch.from_numpy(np.ascontiguousarray(grey))[None, None]
    return functional.grid_sample(source, grid, mode="bilinear", padding_mode="zeros", align_corners=False)[
        0, 0
    ].numpy()


def _moved_mask(grey: Grey, view: View) -> NDArray[np.bool_]:
    """True where the view shows the frame, so that brightness and noise do not paint the outside grey."""
    if not _moves(view):
        return np.ones(grey.shape, bool)
    return _moved(np.ones_like(grey), view) > 0.5
