"""Films as bytes on disk, and seeded views of them: crops at the scales that serving uses, turned and re-exposed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from feedback.learning.backbone import MEAN, STD
from feedback.learning.distillation.films import Film
from feedback.learning.progress import Progress
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.values import Frame
from imaging.raster import read_raster_frame


@dataclass(frozen=True, slots=True)
class ViewRule:
    """How far a student's views may go.

    Attributes:
        zoom: smallest and largest number of view pixels per stored pixel, drawn evenly in the logarithm; never so
            small that the view would be larger than the film.
        rotation_degrees: largest rotation either way; half of the views are mirrored.
        gamma: smallest and largest; contrast: the same; noise: largest standard deviation in grey values of [0, 1].
    """

    zoom: tuple[float, float] = (0.5, 1.1)
    rotation_degrees: float = 15.0
    gamma: tuple[float, float] = (0.7, 1.4)
    contrast: tuple[float, float] = (0.75, 1.3)
    noise: float = 0.03


def stored_films(
    folder: Path, films: Sequence[Film], *, size: int, settings: PreprocessSettings, data_digest: str
) -> NDArray[np.uint8]:
    """uint8 (n, size, size), preprocessed as serving does, read from disk where they have been made before."""
    parts = {"data": data_digest, "order": [film.path.name for film in films], "size": size}
    text = json.dumps({**parts, "settings": settings.to_dict()}, sort_keys=True)
    path = folder / f"films-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        _write(partial, films, size=size, settings=settings)
        partial.replace(path)
    stored: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return stored


def _write(path: Path, films: Sequence[Film], *, size: int, settings: PreprocessSettings) -> None:
    stored = open_memmap(path, "w+", np.uint8, (len(films), size, size))
    progress = Progress("films", len(films))
    for index, film in enumerate(films):
        frame = Frame(grey=read_raster_frame(film.path.read_bytes(), 0).grey)
        made = preprocess(frame, size=size, settings=settings, mean=0.0, std=1.0)
        stored[index] = np.round(np.clip(made.array[0], 0.0, 1.0) * 255).astype(np.uint8)
        progress.show(index + 1)
    stored.flush()


def draw_views(stored: NDArray[np.uint8], *, size: int, rule: ViewRule, generator: np.random.Generator) -> Tensor:
    """uint8 (n, S, S) -> float32 (n, 3, size, size), standardised, one view of each."""
    films = torch.from_numpy(stored.astype(np.float32) / np.float32(255.0))[:, None]
    grid = functional.affine_grid(
        _matrices(len(films), stored.shape[-1], size, rule, generator), [*films.shape[:2], size, size], False
    )
    seen = functional.grid_sample(films, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    seen = seen.clamp(0.0, 1.0) ** _factors(len(films), rule.gamma, generator)
    seen = (seen - 0.5) * _factors(len(films), rule.contrast, generator) + 0.5
    spread = torch.from_numpy(generator.uniform(0, rule.noise, (len(films), 1, 1, 1)).astype(np.float32))
    noise = torch.from_numpy(generator.standard_normal(seen.shape, dtype=np.float32))
    seen = ((seen + spread * noise).clamp(0.0, 1.0) - MEAN) / STD
    return seen.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def _factors(n: int, limits: tuple[float, float], generator: np.random.Generator) -> Tensor:
    drawn = np.exp(generator.uniform(np.log(limits[0]), np.log(limits[1]), (n, 1, 1, 1)))
    return torch.from_numpy(drawn.astype(np.float32))


def _matrices(n: int, side: int, size: int, rule: ViewRule, generator: np.random.Generator) -> Tensor:
    """(n, 2, 3) from view to film in units of half sides: rotation, mirror, and a window that stays in the film."""
    smallest = max(rule.zoom[0], size / side)
    zoom = np.exp(generator.uniform(np.log(smallest), np.log(max(smallest, rule.zoom[1])), n))
    share = size / (side * zoom)  # of the film's side that the window covers
    angle = np.radians(rule.rotation_degrees) * generator.uniform(-1, 1, n)
    mirror = np.where(generator.random(n) < 0.5, -1.0, 1.0)
    shift = (1 - share)[:, None] * generator.uniform(-1, 1, (n, 2))
    rows = np.stack(
        [
            np.stack([share * np.cos(angle) * mirror, -share * np.sin(angle), shift[:, 0]], axis=1),
            np.stack([share * np.sin(angle) * mirror, share * np.cos(angle), shift[:, 1]], axis=1),
        ],
        axis=1,
    )
    return torch.from_numpy(rows.astype(np.float32))
