"""The frozen part of the body, computed once per image and view and kept on disk as float16."""

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

from feedback.learning.augment import Augmentation, View, draw_view
from feedback.learning.backbone import SOURCE
from feedback.learning.features import LabelledBoxes
from feedback.learning.inputs import InputMaker
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.progress import Progress
from imaging.pipeline.values import BoundingBox
from registry.runtime.architectures.lite0_dense import S8_CHANNELS, Lite0Dense

EXTRACTION_BATCH = 8


@dataclass(frozen=True, slots=True)
class StemFeatures:
    """One view of every image.

    Attributes:
        s8: float16 (n, S/8, S/8, 40), channels last, on disk: 0.25 MB an image at 448 px.
        boxes: per image, in input pixels of that view.
    """

    s8: NDArray[np.float16]
    boxes: tuple[LabelledBoxes, ...]

    def batch(self, rows: NDArray[np.int64]) -> Tensor:
        """float32 (len(rows), 40, S/8, S/8), channels last in memory."""
        return as_batch(np.stack([self.s8[row] for row in rows]))


def as_batch(stored: NDArray[np.float16]) -> Tensor:
    """(n, h, w, 40) as stored -> float32 (n, 40, h, w) over the same order of values."""
    return torch.from_numpy(stored.astype(np.float32)).permute(0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class StemStore:
    """Where features are kept; a file pair per (data, preprocessing, view), so that nothing stale is ever read."""

    folder: Path
    network: Lite0Dense
    maker: InputMaker

    def views(
        self,
        images: Sequence[LabelledImage],
        *,
        data_digest: str,
        augmentation: Augmentation,
        seed: int,
        count: int,
    ) -> list[StemFeatures]:
        """The plain view and `count` augmented ones, each drawn from (seed, number of the view, row)."""
        plain = self._view(images, data_digest, None, (seed, 0))
        return [plain, *(self._view(images, data_digest, augmentation, (seed, number + 1)) for number in range(count))]

    def _view(
        self,
        images: Sequence[LabelledImage],
        data_digest: str,
        augmentation: Augmentation | None,
        seed: tuple[int, int],
    ) -> StemFeatures:
        parts = {
            "data": data_digest,
            "order": [image.path.name for image in images],
            "backbone": SOURCE,
            "size": self.maker.size,
            "settings": self.maker.settings.to_dict(),
            "augmentation": augmentation and augmentation.identity(),
            "seed": seed if augmentation else None,
        }
        key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
        array, boxes = self.folder / f"{key}.s8.npy", self.folder / f"{key}.boxes.json"
        if not boxes.exists():
            drawn = [
                draw_view(augmentation, seed=(*seed, row)) if augmentation else View() for row in range(len(images))
            ]
            self._extract(array, boxes, images, drawn, label=f"view {seed[1]}")
        stored = json.loads(boxes.read_text())
        return StemFeatures(
            s8=np.load(array, mmap_mode="r"),
            boxes=tuple(tuple((label, BoundingBox(*corners)) for label, corners in row) for row in stored),
        )

    def _extract(
        self, array: Path, boxes: Path, images: Sequence[LabelledImage], views: Sequence[View], *, label: str
    ) -> None:
        """The boxes are written last: features without them are not used."""
        self.folder.mkdir(parents=True, exist_ok=True)
        side, n, progress = self.maker.size // 8, len(images), Progress(f"features, {label}", len(images))
        stored, found = open_memmap(array, "w+", np.float16, (n, side, side, S8_CHANNELS)), []
        for first in range(0, n, EXTRACTION_BATCH):
            rows = range(first, min(first + EXTRACTION_BATCH, n))
            inputs = [self.maker.make(images[row], views[row]) for row in rows]
            with torch.inference_mode():
                batch = torch.from_numpy(np.stack([entry.array for entry in inputs]))
                s8 = self.network.stem(batch.contiguous(memory_format=torch.channels_last))
            stored[rows.start : rows.stop] = s8.permute(0, 2, 3, 1).numpy()
            found += [
                [[name, [box.left, box.top, box.right, box.bottom]] for name, box in entry.boxes] for entry in inputs
            ]
            progress.show(rows.stop)
        stored.flush()
        partial = boxes.with_name(boxes.name + ".partial")
        partial.write_text(json.dumps(found))
        partial.replace(boxes)
